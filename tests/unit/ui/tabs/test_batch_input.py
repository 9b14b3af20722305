"""The input of the Batch tab: columns are chosen and labels explained before anything is scored."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.errors import InputError
from sentiment.ui.tabs.batch_input import offer_columns, preview_input, read_input
from sentiment.ui.text import batch as copy


def _write(folder: Path, content: str, name: str = "mine.csv") -> str:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("content", "text", "label", "said"),
    [
        ("review,Stars\na fine film,5\nso so,3\n", "review", "Stars", "as stars: 1 and 2 negative"),
        ("text,label\na,1\nb,2\n", "text", "label", "1 positive, 1 negative."),
        ("text,label\na,0\nb,often\n", "text", "label", "&#39;often&#39; in row 2"),
        ("text;label\na;0\nb;1\n", "text", "label", "columns are separated by semicolons."),
        ("text,note\na,0\n", "text", "", copy.PREVIEW_NO_LABELS),
        ("words,note\na,0\n", None, "", "No column named text in mine.csv."),
    ],
)
def test_the_columns_are_offered_and_the_labels_explained(
    tmp_path: Path, content: str, text: str | None, label: str, said: str
) -> None:
    path = _write(tmp_path, content)
    row, texts, labels, preview = offer_columns(path, "")
    assert row.visible
    assert texts.value == text
    assert labels.value == label
    header = content.splitlines()[0].replace(";", ",").split(",")
    assert [value for _, value in texts.choices] == header
    assert [value for _, value in labels.choices] == ["", *header]
    assert said in preview


def test_other_columns_are_previewed_and_read_when_they_are_chosen(tmp_path: Path) -> None:
    path = _write(tmp_path, "words,truth,label\na fine film,1,x\na dull film,0,y\n")
    shown = preview_input(path, "", "words", "truth")
    assert "texts are read from the column words." in shown
    assert "Labels are read from the column truth: 1 positive, 1 negative." in shown
    batch = read_input(path, "", "words", "truth")
    assert batch.texts == ("a fine film", "a dull film")
    assert batch.gold is not None
    assert batch.gold.tolist() == [1, 0]
    assert read_input(path, "", "words", "").gold is None
    assert "not evaluated" in preview_input(path, "", "words", "label")


@pytest.mark.parametrize("content", ["", 'text\n"open\n', "text,label\na,b,c\n"])
def test_a_file_that_cannot_be_read_offers_no_columns(tmp_path: Path, content: str) -> None:
    path = _write(tmp_path, content)
    preview = offer_columns(path, "")[-1]
    assert "mine.csv" in preview
    with pytest.raises(InputError, match=r"mine\.csv"):
        read_input(path, "", None, None)


def test_pasted_lines_need_no_columns() -> None:
    row, *_, preview = offer_columns(None, "a fine film\na dull film")
    assert not row.visible
    assert "2 rows" in preview
    assert offer_columns(None, " ")[-1] == ""
    with pytest.raises(InputError, match="Upload a file or paste"):
        read_input(None, " ", None, None)


def test_another_encoding_is_read_when_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes("text\ncafé fine\n".encode("windows-1252"))
    assert "windows-1252" in offer_columns(str(path), "")[-1]  # refused, and what to do
    assert "café fine" in offer_columns(str(path), "", "windows-1252")[-1]
    batch = read_input(str(path), "", None, None, "windows-1252")
    assert batch.texts == ("café fine",)


def test_a_file_without_a_header_has_numbered_columns(tmp_path: Path) -> None:
    path = _write(tmp_path, "1,a fine film\n0,a dull film\n")
    _, texts, _, _ = offer_columns(path, "", "", False)
    assert [value for _, value in texts.choices] == ["1", "2"]
    batch = read_input(path, "", "2", "1", "", False)
    assert batch.texts == ("a fine film", "a dull film")
    assert batch.gold is not None
    assert batch.gold.tolist() == [1, 0]


def test_quotation_marks_are_text_where_they_enclose_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path, 'text\n"fine" he said\n"dull\n')
    with pytest.raises(InputError, match=r"mine\.csv"):
        read_input(path, "", None, None)
    assert read_input(path, "", None, None, "", True, False).texts == ('"fine" he said', '"dull')


def test_neutral_rows_are_refused_when_that_is_chosen(tmp_path: Path) -> None:
    path = _write(tmp_path, "text,label\na,positive\nb,neutral\nc,negative\n")
    assert len(read_input(path, "", None, "label")) == 3
    with pytest.raises(InputError, match=r"mine\.csv: .* Label them, or leave --neutral refuse"):
        read_input(path, "", None, "label", "", True, True, True)
    assert "Label them" in preview_input(path, "", None, "label", "", True, True, True)
    assert "3 rows" in preview_input(path, "", None, "", "", True, True, True)  # not evaluated
