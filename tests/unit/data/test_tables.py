from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.tables import read_csv, write_csv
from sentiment.errors import InputError


@pytest.mark.parametrize(
    "content", [b"text\ncaf\xe9\n", b"text\na\0b\n", b"\x1f\x8b\x08\x00", b"PK\x03\x04\0", b""]
)
def test_what_is_no_utf8_csv_is_refused_in_these_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"^This is not a UTF-8 CSV file\.$"):
        read_csv(tmp_path / "a.csv")


def test_a_missing_text_column_names_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,review\n1,good\n")
    with pytest.raises(InputError, match=r"^No column named text\. Columns found: id, review\.$"):
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
            r"^Row 1 has 2 cells, the header has 1\. A text with a comma",
        ),
        ("id,text\n1,a\n2\n", r"^Row 2 has 1 cells, the header has 2\."),
        ("text,text\na,b\n", r"^Two columns are named text\."),
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


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x"])
def test_a_formula_is_written_as_text(tmp_path: Path, cell: str) -> None:
    write_csv(pd.DataFrame({"text": [cell, "a=b"], cell: ["", ""]}), tmp_path / "out" / "a.csv")
    written = read_csv(tmp_path / "out" / "a.csv")
    assert list(written.columns) == ["text", f"'{cell}"]
    assert written["text"].tolist() == [f"'{cell}", "a=b"]
