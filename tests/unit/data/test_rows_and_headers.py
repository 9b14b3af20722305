"""Rows between two quotation marks, quotation marks that are text, files without a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.data.columns import ReadOptions
from sentiment.data.loading import load_examples
from sentiment.errors import InputError
from sentiment.inference.score_file import score_file
from tests.support.builders import FakeClassifier

SWALLOWED = [
    'id,text,label\n1,nice,1\n2,"Best ever,1\n3,awful,0\n4,only 5",0\n5,fine,1\n',
    'id,text,label\n1,nice,1\n2,"Best ever,1\n3,only 5",0\n5,fine,1\n',
    'text,label\nnice,1\n"Best ever,1\nawful,0\nonly 5",0\nfine,1\n',
    'text,label\nnice,positive\n"Best ever,positive\nonly 5",negative\nfine,positive\n',
    'label,text\n1,nice\n1,"Best ever\n0,awful\n0,only 5"\n1,fine\n',
]
LONG = [
    'id,text,label\n1,"Warm.\nLovely.\n\nGo!",1\n2,"Slow, dull\nand cold, too",0\n',
    'text,label\n"Warm,\nfine",1\n"Slow, dull\nand long",0\n',
    'text,label\n"Warm, fine\nand kind",positive\n"Slow\n, dull",negative\n',
    'label,text\n1,"Warm, fine\n0, or so"\n0,"Slow\ndull"\n',
]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("content", SWALLOWED)
def test_rows_between_two_quotation_marks_are_refused_and_read_on_request(
    tmp_path: Path, content: str, separator: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content.replace(",", separator))
    for read in (
        load_examples,
        lambda own: score_file(FakeClassifier(), own, tmp_path / "out.csv"),
    ):
        with pytest.raises(InputError, match=r"^a\.csv, row 2: .*looks like a row.*--no-quotes"):
            read(path)
    texts = load_examples(path, reading=ReadOptions(has_quotes=False)).texts
    assert len(texts) == content.count("\n") - 1
    assert texts[1] == '"Best ever'


@pytest.mark.parametrize("content", LONG)
def test_a_text_of_several_lines_stays_one_text(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    examples = load_examples(path)
    assert len(examples) == 2
    assert all("\n" in text for text in examples.texts)


@pytest.mark.parametrize("text", ['"Great" is not the word', '"a', 'the "art" of 5" screens'])
@pytest.mark.parametrize("ending", [".tsv", ".txt"])
def test_quotation_marks_may_be_text(tmp_path: Path, text: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text(f"text\tlabel\nfine\t1\n{text}\t0\n")
    if text.startswith('"'):
        with pytest.raises(InputError, match=r"row 2: .*--no-quotes"):
            load_examples(path)
    assert load_examples(path, reading=ReadOptions(has_quotes=False)).texts == ("fine", text)


HEADERLESS = [
    ("a.csv", '"0","17","Mon","bob","a dull film"\n"4","18","Tue","eve","a fine film"\n', "5"),
    ("a.csv", "a film that is far too long,negative\na fine film,positive\n", "1"),
    ("a.tsv", "0\ta dull film\n1\ta fine film\n", "2"),
    ("a.txt", "I loved it, really.\nIt was bad.\n", "1"),
    ("a.txt", "It was a warm and kind film\nIt, on the whole, was bad\n", "1"),
]


@pytest.mark.parametrize(("name", "content", "text_column"), HEADERLESS)
def test_a_file_without_a_header_is_known_and_keeps_its_first_row(
    tmp_path: Path, name: str, content: str, text_column: str
) -> None:
    path = tmp_path / name
    path.write_text(content)

    def score(reading: ReadOptions) -> int:
        return score_file(FakeClassifier(), path, tmp_path / "out.csv", reading=reading).scored

    for chosen in (None, text_column):
        with pytest.raises(InputError, match=r"first row looks like data: .* Give --no-header"):
            score(ReadOptions(text_column=chosen))
    assert score(ReadOptions(has_header=False, text_column=text_column)) == 2


@pytest.mark.parametrize("header", ["review text here,Verdict", "0,1", "id,comment_de"])
def test_a_header_without_a_usual_name_is_no_data(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\na fine film,1\n")
    with pytest.raises(InputError, match="No column named text") as refused:
        load_examples(path)
    assert "looks like data" not in str(refused.value)


def test_sentiment140_is_read_as_it_is_distributed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADERLESS[0][1])
    reading = ReadOptions(has_header=False, text_column="5", label_column="1")
    examples = load_examples(path, reading=reading)
    assert examples.texts == ("a dull film", "a fine film")
    assert examples.labels.tolist() == [0, 1]
