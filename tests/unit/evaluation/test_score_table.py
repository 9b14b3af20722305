from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.errors import InputError
from sentiment.evaluation.comparison import compare
from sentiment.evaluation.draws import group_draws
from sentiment.evaluation.results import Result, ResultInfo
from sentiment.evaluation.score_table import (
    against_baseline,
    draws_frame,
    export_pairs,
    export_scores,
    scores_frame,
    write_export,
)
from sentiment.method import Method

GOLD = np.array([0, 1] * 10)


def _result(model: str, kind: str, right: int) -> Result:
    """A model that is correct on the first `right` of twenty texts."""
    said = np.where(np.arange(len(GOLD)) < right, GOLD, 1 - GOLD)
    info = ResultInfo(
        model, kind, "net", Method(kind="lora"), "0", "sst2", "validation", "f", "d", {}
    )
    columns = {"row": range(len(GOLD)), "gold": GOLD, "p_positive": 0.2 + 0.6 * said}
    return Result(info, pd.DataFrame(columns))


def test_trained_models_that_do_not_beat_the_best_baseline_are_named() -> None:
    found = against_baseline(
        [
            _result("asked", "zero-shot", 2),
            _result("weak", "fine-tuned", 4),
            _result("near", "fine-tuned", 17),
            _result("words", "baseline", 18),
            _result("fewer-words", "baseline", 12),
        ]
    )
    assert found is not None
    assert (found.baseline, found.accuracy) == ("words", pytest.approx(0.9))
    assert (found.below, found.level) == (("weak",), ("near",))


def test_a_model_that_beats_the_baseline_is_not_named() -> None:
    found = against_baseline([_result("strong", "fine-tuned", 20), _result("w", "baseline", 5)])
    assert found is not None
    assert found.below == found.level == ()


def test_nothing_is_said_without_a_baseline() -> None:
    assert against_baseline([_result("a", "fine-tuned", 2), _result("b", "zero-shot", 2)]) is None


def _frame() -> pd.DataFrame:
    return scores_frame([_result("a_1", "zero-shot", 11), _result("b|2", "fine-tuned", 18)], [])


def test_the_csv_holds_every_number_as_it_is() -> None:
    read = pd.read_csv(io.StringIO(export_scores(_frame(), ".csv")))
    assert read["accuracy"].tolist() == [0.55, 0.9]
    assert {"accuracy_low", "auroc_high", "nll", "ece", "trainable", "ms_median"} <= set(read)


def test_latex_is_a_booktabs_table_with_everything_escaped() -> None:
    table = export_scores(_frame(), ".tex")
    assert "\\toprule" in table
    assert "\\bottomrule" in table
    assert "a\\_1" in table
    assert "0.5500 [" in table


def test_markdown_marks_what_was_published_elsewhere() -> None:
    table = export_scores(_frame(), ".md")
    assert "b\\|2" in table
    assert "| published elsewhere | Llama 3.2 1B, head (frozen backbone) | not the same: " in table
    rows = table.strip().split("\n")
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1
    assert "published" not in export_scores(_frame().assign(split="train-random-20-seed-1"), ".md")


def test_pairs_are_exported_with_their_intervals() -> None:
    results = [_result("a", "zero-shot", 11), _result("b", "fine-tuned", 18)]
    pairs = compare(results)
    read = pd.read_csv(io.StringIO(export_pairs(pairs, ".csv")))
    assert read.loc[0, "only_b_right"] == 7
    assert read.loc[0, "interval_low"] == pytest.approx(pairs[0].interval.low)
    assert "| a | b | 20 | 0 | 7 | +35.0 [" in export_pairs(pairs, ".md")


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Unknown format '.xlsx'. Choose from: .csv, .tex, .md"):
        write_export(tmp_path / "t.xlsx", lambda form: export_scores(_frame(), form))
    assert not (tmp_path / "t.xlsx").exists()


def test_no_cell_of_an_export_is_run_by_a_spreadsheet() -> None:
    frame = scores_frame([_result("=HYPERLINK(1)", "fine-tuned", 3)], [])
    assert "'=HYPERLINK(1)" in export_scores(frame, ".csv")
    results = [_result("=a", "zero-shot", 11), _result("b", "fine-tuned", 18)]
    assert "'=a" in export_pairs(compare(results), ".csv")


def _draw(seed: int, right: int) -> Result:
    result = _result("net", "few-shot", right)
    method = Method(kind="prompt", template="zhao", shots=4, shots_from="sst2", shots_seed=seed)
    return replace(result, info=replace(result.info, method=method))


def test_a_few_shot_row_has_the_mean_and_the_deviation_of_its_draws() -> None:
    groups = group_draws([_draw(0, 10), _draw(1, 14), _draw(2, 18)])
    frame = draws_frame(groups, [])
    row = frame.iloc[0]
    assert len(frame) == 1
    assert row["model"] == "net (4-shot, 3 draws)"
    assert row["draws"] == pytest.approx((0.5, 0.7, 0.9))
    assert row["accuracy"] == pytest.approx(0.7)
    assert row["accuracy_sd"] == pytest.approx(0.2)  # n − 1 in the denominator
    assert row["accuracy_low"] is None
    assert "0.7000 ± 0.2000" in export_scores(frame, ".md")
    read = pd.read_csv(io.StringIO(export_scores(frame, ".csv")))
    assert read["draws"].tolist() == ["0.5 0.7 0.9"]


def test_one_draw_has_no_deviation() -> None:
    frame = draws_frame(group_draws([_draw(0, 10)]), [])
    assert pd.isna(frame["accuracy_sd"]).all()
    assert "±" not in export_scores(frame, ".md")
