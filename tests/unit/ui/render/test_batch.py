"""What the Batch tab shows of a file, before and after it is scored."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.models.catalogue import ModelInfo
from sentiment.serving.file_job import Run, read_file, read_lines
from sentiment.ui.render.batch import render_preview, render_rows
from sentiment.ui.tabs.batch_input import SAMPLE_FILE

MODELS = [
    ModelInfo(name, Path("nowhere"), "fine-tuned", "net", "lora")
    for name in ("one", "two", "three")
]


def _scored(texts: str = "good\nbad") -> Run:
    run = Run(read_lines(texts), MODELS)
    for model, p in zip(MODELS, (0.123456, 0.987654, 0.5), strict=True):
        run.predictions[model.name].p_positive[:] = p
    return run


def test_probabilities_have_two_digits_and_every_model_a_column() -> None:
    shown = str(render_rows(_scored(), [0, 1], limit=50, which=""))
    assert re.findall(r'<th scope="col">(\w+)</th>', shown)[-3:] == ["one", "two", "three"]
    cells = re.findall(r"s-predicted[^>]*>([^<]+)</td>", shown)
    assert [cell.strip() for cell in cells] == ["− 0.12", "+ 0.99", "− 0.50"] * 2


def test_the_neutral_mass_stands_beside_the_probability_where_a_model_has_one() -> None:
    run = _scored()
    neutral = np.array([0.25, 0.751])
    run.predictions["two"] = run.predictions["two"]._replace(p_neutral=neutral)
    shown = str(render_rows(run, [0, 1], limit=50, which=""))
    cells = [cell.strip() for cell in re.findall(r"s-predicted[^>]*>([^<]+)</td>", shown)]
    assert cells == [
        *("− 0.12", "+ 0.99 (neutral 0.25)", "− 0.50"),
        *("− 0.12", "+ 0.99 (neutral 0.75)", "− 0.50"),
    ]


def test_texts_are_escaped() -> None:
    run = _scored("<img src=x onerror=alert(1)>")
    for shown in (render_rows(run, [0], limit=50, which=""), render_preview(run.batch)):
        assert "<img" not in shown
        assert "&lt;img" in shown


def test_at_most_so_many_rows_are_shown_and_all_are_counted() -> None:
    shown = str(render_rows(_scored("\n".join(["good"] * 9)), range(9), limit=4, which=""))
    assert "4 of 9 rows" in shown
    assert shown.count("<tr") == 5


def test_a_preview_says_how_labels_are_understood(tmp_path: Path) -> None:
    rows = [("good", "Positive"), ("bad", "0"), ("so so", "neutral"), ("last", "1")]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "in.csv", index=False)
    shown = str(render_preview(read_file(tmp_path / "in.csv")))
    assert "in: 4 rows; texts are read from the column text." in shown
    assert "2 positive, 1 negative." in shown
    assert "1 of 4 rows are neutral or unlabelled and left out" in shown
    assert "(&#39;neutral&#39;: 1; row 3)" in shown
    assert "Positive → + positive" in shown
    assert "neutral → none" in shown
    assert "last" not in shown


def test_the_sample_file_has_24_labelled_rows() -> None:
    batch = read_file(SAMPLE_FILE)
    assert batch.gold is not None
    assert (len(batch), int(batch.gold.sum()), batch.notes) == (24, 12, ())
