from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.data.tables import read_csv
from sentiment.errors import InputError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text\na\0b\n", "row 1: This is not a UTF-8 CSV file: it holds a NUL byte"),
        (b"\x1f\x8b\x08\x00", "is compressed with gzip, and is damaged or cut off"),
        (b"PK\x03\x04\0", "This is not a UTF-8 CSV file but a zip archive"),
        (b"PAR1\0", "This is not a UTF-8 CSV file but a parquet file"),
        (b"", r"^a\.csv: The file is empty\.$"),
        (b"\n \n", r"^a\.csv: The file is empty\.$"),
    ],
)
def test_what_is_no_csv_is_refused_in_these_words(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_csv(tmp_path / "a.csv")


def test_a_missing_text_column_names_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,review\n1,good\n")
    with pytest.raises(
        InputError, match=r"^No column named text in a\.csv\. Columns found: id, review\.$"
    ):
        read_csv(tmp_path / "a.csv")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No file named '.*a\.csv'"):
        read_csv(tmp_path / "a.csv")


def test_cells_stay_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,text\n007,NA\n,"a, b\nc"\n', encoding="utf-8-sig")
    frame = read_csv(tmp_path / "a.csv")
    assert frame.to_dict("list") == {"id": ["007", ""], "text": ["NA", "a, b\nc"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "text\nI liked it, really\n",
            r"^a\.csv, row 1: 2 cells, the header has 1\. Put quotes around a text that",
        ),
        ("text,text\na,b\n", r"^a\.csv: Two columns are named text\."),
    ],
)
def test_rows_that_do_not_fit_the_header_are_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        read_csv(tmp_path / "a.csv")


def test_an_empty_line_is_an_empty_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\na\n\nb\n")
    assert read_csv(tmp_path / "a.csv")["text"].tolist() == ["a", "", "b"]
