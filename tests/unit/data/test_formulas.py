"""Cells that a spreadsheet would run are guarded, all others stay, and all are read back alike."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.tables import read_csv
from sentiment.data.writing import write_table
from sentiment.inference.score_file import score_file
from tests.support.builders import FakeClassifier

RUN = [
    "=1+1",
    "=cmd()",
    "+cmd|' /C calc'!A0",
    "-cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "- dull film",
    "=great",
]
NOT_RUN = [
    "-5",
    "+3",
    "-0.5",
    "-1,5",
    "+1e-3",
    "-50%",
    "@user great film",
    "@user",
    "@user: great (really)",
    "'tis a great film",
    "'",
    "a = b",
]


def _raw(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("cell", RUN)
def test_a_formula_is_guarded_and_read_back(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "new" / "a.csv"
    write_table(pd.DataFrame({"text": [cell, f"'{cell}"], f"{cell.strip()}": ["", ""]}), path)
    assert _raw(path) == [["text", f"'{cell.strip()}"], [f"'{cell}", ""], [f"''{cell}", ""]]
    read = read_csv(path)
    assert list(read) == ["text", cell.strip()]
    assert read["text"].tolist() == [cell, f"'{cell}"]


@pytest.mark.parametrize("cell", NOT_RUN)
def test_a_number_or_a_text_is_written_as_it_is(tmp_path: Path, cell: str) -> None:
    write_table(pd.DataFrame({"text": [cell]}), tmp_path / "a.csv")
    assert _raw(tmp_path / "a.csv") == [["text"], [cell]]
    assert read_csv(tmp_path / "a.csv")["text"].tolist() == [cell]


def test_scoring_what_was_scored_gives_the_same_probabilities(tmp_path: Path) -> None:
    rows = [{"id": f"-{i}", "text": text} for i, text in enumerate([*RUN, *NOT_RUN])]
    pd.DataFrame(rows).to_csv(tmp_path / "in.csv", index=False)
    score_file(FakeClassifier(), tmp_path / "in.csv", tmp_path / "one.csv")
    score_file(FakeClassifier(), tmp_path / "one.csv", tmp_path / "two.csv")
    two = read_csv(tmp_path / "two.csv")
    assert two["id"].tolist() == [row["id"] for row in rows]
    assert two["text"].tolist() == [row["text"] for row in rows]
    assert two["p_positive"].tolist() == two["p_positive_2"].tolist()
