"""Columns of predictions: one naming for one model and for several, and never over a column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sentiment.inference.columns import (
    RowPredictions,
    append_columns,
    describe_renamed,
    prediction_columns,
)


@pytest.fixture
def predictions() -> RowPredictions:
    """Three rows: negative, without a prediction, positive and shortened."""
    rows = RowPredictions.create(3)
    rows.fill([2, 0], [0.9, 0.25], [16, 4], [40, 4])
    return rows


def test_predictions_are_counted(predictions: RowPredictions) -> None:
    assert predictions.is_scored.tolist() == [True, False, True]
    assert predictions.is_positive.tolist() == [False, False, True]
    assert predictions.shortened == 1


def test_a_tie_is_negative() -> None:
    rows = RowPredictions.create(1)
    rows.fill([0], [0.5], [1], [1])
    assert list(prediction_columns(rows, None, as_text=True)["predicted_label"]) == ["negative"]


def test_rows_without_a_prediction_have_empty_cells(predictions: RowPredictions) -> None:
    errors = ["", "empty text", ""]
    cells = prediction_columns(predictions, errors, as_text=True)
    assert {name: list(column) for name, column in cells.items()} == {
        "predicted_label": ["negative", "", "positive"],
        "p_positive": ["0.250000", "", "0.900000"],
        "error": errors,
    }


def test_probabilities_stay_floats_where_the_table_keeps_types(predictions: RowPredictions) -> None:
    cells = prediction_columns(predictions, None, as_text=False)
    np.testing.assert_array_equal(cells["p_positive"], [0.25, np.nan, 0.9])
    assert "error" not in cells


@pytest.mark.parametrize(
    ("models", "names"),
    [(["one"], ["p_positive"]), (["one", "two"], ["one p_positive", "two p_positive"])],
)
def test_columns_name_their_model_where_there_are_several(
    models: list[str], names: list[str]
) -> None:
    frame = pd.DataFrame({"text": ["a"]})
    assert append_columns(frame, {model: {"p_positive": ["0.5"]} for model in models}) == {}
    assert list(frame) == ["text", *names]


def test_taken_names_are_numbered_and_named() -> None:
    frame = pd.DataFrame({"p_positive": ["mine"], "p_positive_2": ["mine too"]})
    renamed = append_columns(frame, {"one": {"predicted_label": ["a"], "p_positive": ["0.5"]}})
    assert frame.to_dict("records") == [
        {
            "p_positive": "mine",
            "p_positive_2": "mine too",
            "predicted_label": "a",
            "p_positive_3": "0.5",
        }
    ]
    assert describe_renamed(renamed) == (
        "Columns that the file already has: p_positive. The new ones are named: p_positive_3."
    )


def test_nothing_is_said_where_no_name_was_taken() -> None:
    assert describe_renamed({}) == ""
