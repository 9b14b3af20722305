"""Files as other programs write them: read alike everywhere, or refused by name, row and value."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.columns import ReadOptions
from sentiment.data.loading import load_examples
from sentiment.data.tables import read_csv
from sentiment.errors import InputError
from sentiment.inference.score_file import score_file
from sentiment.serving.file_job import read_file
from tests.support.builders import FakeClassifier

TEXTS = ("A great, warm film.", "Un film ennuyeux et raté.")
ROWS = '"A great, warm film.",1\nUn film ennuyeux et raté.,0\n'
CSV = f"text,label\n{ROWS}"
SEMICOLONS = "text;label\nA great, warm film.;1\nUn film ennuyeux et raté.;0\n"
JSON_LINES = "".join(
    json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n"
    for text, label in zip(TEXTS, (1, 0), strict=True)
)
KINDS = {
    "utf-8": ("a.csv", CSV.encode()),
    "utf-8 with a mark": ("a.csv", CSV.encode("utf-8-sig")),
    "utf-16": ("a.csv", CSV.encode("utf-16")),
    "utf-16, big endian": ("a.csv", b"\xfe\xff" + CSV.encode("utf-16-be")),
    "utf-32": ("a.csv", CSV.encode("utf-32")),
    "gzip": ("a.csv.gz", gzip.compress(CSV.encode())),
    "gzip by content": ("a.csv", gzip.compress(CSV.encode())),
    "semicolons": ("a.csv", SEMICOLONS.encode()),
    "tabs": ("a.tsv", SEMICOLONS.replace(";", "\t").encode()),
    "vertical bars": ("a.txt", SEMICOLONS.replace(";", "|").encode()),
    "sep=": ("a.csv", b"sep=;\r\n" + SEMICOLONS.encode()),
    "sep= in utf-16": ("a.csv", ("sep=\t\n" + SEMICOLONS.replace(";", "\t")).encode("utf-16")),
    "blank lines first": ("a.csv", b"\n \r\n\n" + CSV.encode()),
    "empty columns": ("a.csv", CSV.replace("\n", ",,\n").encode()),
    "an index": ("a.csv", pd.DataFrame({"text": TEXTS, "label": [1, 0]}).to_csv().encode()),
    "JSON Lines": ("a.jsonl", JSON_LINES.encode()),
    "JSON Lines, packed": ("a.ndjson.gz", gzip.compress(JSON_LINES.encode())),
    "JSON Lines in utf-16": ("a.json", JSON_LINES.encode("utf-16")),
}
SEPARATED = {
    **{kind: kind for kind in ("semicolons", "tabs", "vertical bars")},
    "sep=": "semicolons",
    "sep= in utf-16": "tabs",
}


@pytest.mark.parametrize("kind", [*KINDS, "parquet"])
def test_a_file_is_read_alike_by_every_command_and_by_the_app(tmp_path: Path, kind: str) -> None:
    name, content = KINDS.get(kind, ("a.parquet", b""))
    path = tmp_path / name
    path.write_bytes(content)
    if kind == "parquet":
        pd.DataFrame({"text": TEXTS, "label": [1, 0]}).to_parquet(path)
    examples, batch = load_examples(path), read_file(path)
    assert examples.texts == batch.texts == TEXTS
    assert batch.gold is not None
    assert examples.labels.tolist() == batch.gold.tolist() == [1, 0]
    assert batch.name == "a"
    done = score_file(FakeClassifier(), path, tmp_path / "out.csv")
    assert done.scored == 2
    assert read_csv(tmp_path / "out.csv")["text"].tolist() == list(TEXTS)
    said = [note for note in examples.notes if "separated" in note]
    separated = SEPARATED.get(kind)
    assert said == ([f"{name}: columns are separated by {separated}."] if separated else [])
    assert set(batch.notes) <= set(examples.notes)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_output_is_scored_again(tmp_path: Path, ending: str) -> None:
    (tmp_path / "a.jsonl").write_text(JSON_LINES + '{"text": null, "label": "x", "n": [1]}\n')
    first, second = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    done = score_file(FakeClassifier(), tmp_path / "a.jsonl", first)
    assert (done.scored, done.empty) == (2, 1)
    again = score_file(FakeClassifier(), first, second)
    assert (again.scored, again.empty) == (2, 1)
    frame = read_csv(second)
    assert frame["p_positive"].astype(str).tolist() == frame["p_positive_2"].astype(str).tolist()


def test_another_encoding_is_named_with_row_and_byte_and_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV.encode("windows-1252"))
    for read in (load_examples, read_file):
        with pytest.raises(InputError) as refused:
            read(path)
        said = str(refused.value)
        assert said.startswith("a.csv, row 2: the byte 0xE9 is not UTF-8.")
        assert "raté" in said
        assert "--encoding windows-1252" in said
    reading = ReadOptions(encoding="windows-1252")
    assert load_examples(path, reading=reading).texts == TEXTS
    done = score_file(FakeClassifier(), path, tmp_path / "o.csv", reading=reading)
    assert done.scored == 2
    with pytest.raises(InputError, match="Unknown encoding 'klingon'"):
        load_examples(path, reading=ReadOptions(encoding="klingon"))
    (tmp_path / "a.jsonl").write_bytes(JSON_LINES.encode("windows-1252"))
    with pytest.raises(InputError, match=r"^a\.jsonl, row 2: the byte 0xE9 is not UTF-8"):
        load_examples(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv: The file is empty."),
        ("a.csv", "\n\n", "a.csv: The file is empty."),
        ("a.jsonl", "\n", "a.jsonl: The file is empty."),
        (
            "a.csv",
            'text,label\n"A warm film.,1\nA dull film.,0\n',
            "a.csv, row 1: a quotation mark",
        ),
        ("a.csv", 'text,label\nA,1\n"B.,1\n"C",0\n', "a.csv, row 2: a quotation mark"),
        ("a.csv", 'text,label\nA,1\n"a \\"fine\\" film",1\n', 'Write "" instead of \\".'),
        ("a.csv", 'text,label\nA,1\n"a "fine" film",1\n', "a.csv, row 2: a quotation mark inside"),
        ("a.csv", "text,label\na, b,1\n", "a.csv, row 1: 3 cells, the header has 2."),
        ("a.csv", "text;label\na; b;1\n", "Put quotes around a text that contains ';'."),
        ("a.csv", "text,,label\na,b,1\n", "a.csv, row 1: 'b' is in a column without a name."),
        ("a.jsonl", '{"text": "a"}\nmine\n', "a.jsonl, row 2: 'mine' is not JSON"),
        ("a.json", '[{"text": "a"}]\n', 'found \'[{"text": "a"}]\', expected an object'),
        ("a.json", "[\n{}]\n", "Write one object per line instead of an array."),
        ("a.parquet", "no", "is not a parquet file that can be read."),
    ],
)
def test_a_file_that_cannot_be_read_names_the_row_and_what_to_do(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    for read in (
        load_examples,
        read_file,
        lambda own: score_file(FakeClassifier(), own, tmp_path / "out.csv"),
    ):
        with pytest.raises(InputError) as refused:
            read(path)
        assert message in str(refused.value)


def test_a_short_row_is_filled_up_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,label\n1,a great film,1\n2,a dull film\n3\n4,a dull film,0\n")
    done = score_file(FakeClassifier(), path, tmp_path / "out.csv")
    said = (
        "a.csv: 2 rows have fewer cells than the header. Missing, and read as empty: row 2: label, "
        "row 3: text and label."
    )
    assert (done.scored, done.empty) == (3, 1)
    assert said in done.notes
    assert said in read_file(path).notes
    assert read_csv(tmp_path / "out.csv")["error"].tolist() == ["", "", "empty text", ""]


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.jsonl.gz"])
def test_a_packed_file_that_is_large_when_unpacked_is_refused_in_the_app(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"text\n" + b"a" * (20 * 2**20)))
    with pytest.raises(InputError, match=r"over 5\.0 MB when it is unpacked; the limit is 5 MB"):
        read_file(tmp_path / name)


def test_a_parquet_file_that_is_large_when_unpacked_is_refused_in_the_app(tmp_path: Path) -> None:
    pd.DataFrame({"text": ["a" * 100] * 5_001}).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(InputError, match=r"has 5,001 rows; the limit is 5,000"):
        read_file(tmp_path / "rows.parquet")
    for name, texts in (("one", ["a" * (60 * 2**20)]), ("same", ["a" * 2**20] * 100)):
        path = tmp_path / f"{name}.parquet"
        pd.DataFrame({"text": texts}).to_parquet(path)
        assert path.stat().st_size < 5 * 2**20
        with pytest.raises(InputError, match="has over 50 MB when it is unpacked"):
            read_file(path)


VALUES = [
    ("number", 5, "a number, 5"),
    ("decimal", 3.5, "a number, 3.5"),
    ("boolean", True, "true or false, True"),
    ("list", ["a film", "b"], "a list, ["),
    ("object", {"text": "a film"}, "an object, {"),
]


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
@pytest.mark.parametrize(("value", "said"), [row[1:] for row in VALUES], ids=[v[0] for v in VALUES])
def test_a_cell_that_is_no_text_is_refused_with_its_row_and_kind(
    tmp_path: Path, ending: str, value: object, said: str
) -> None:
    path = tmp_path / f"a{ending}"
    if ending == ".jsonl":
        cells = [*["fine"] * 1500, None, value]  # in the second part of the file
        lines = (json.dumps({"text": cell, "label": 1}) for cell in cells)
        path.write_text("\n".join(lines))
    else:
        cells = [None, value]  # a column has one type
        pd.DataFrame({"text": pd.Series(cells, dtype=object), "label": 1}).to_parquet(path)
    for read in (
        load_examples,
        read_file,
        lambda own: score_file(FakeClassifier(), own, tmp_path / "out.csv"),
    ):
        with pytest.raises(InputError) as refused:
            read(path)
        assert f"a{ending}, row {len(cells)}: text is {said}" in str(refused.value)


def test_a_number_in_a_csv_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n5,1\n3.5,0\n")
    assert load_examples(tmp_path / "a.csv").texts == ("5", "3.5")
