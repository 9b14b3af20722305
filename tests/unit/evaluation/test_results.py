from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment.data.loading import load_examples
from sentiment.errors import DataError
from sentiment.evaluation.evaluate import build_result
from sentiment.evaluation.results import (
    Result,
    by_name,
    find_results,
    load_result,
    name_results,
    save_result,
)
from sentiment.inference.scoring import score
from sentiment.method import Method
from tests.support.builders import FakeClassifier


@pytest.fixture
def result(sst2: Path) -> Result:
    examples = load_examples("sst2", directory=sst2)
    fake = FakeClassifier()
    return build_result(fake, examples, score(fake, examples.texts))


def test_a_result_is_read_back_as_it_was_saved(result: Result, tmp_path: Path) -> None:
    save_result(result, tmp_path / "deep" / "a.parquet")
    again = load_result(tmp_path / "deep" / "a.parquet")
    assert again.info == result.info
    assert again.frame.equals(result.frame)
    assert again.metrics == result.metrics


def test_no_text_is_saved(result: Result, tmp_path: Path) -> None:
    save_result(result, tmp_path / "a.parquet")
    assert "sentence" not in pq.read_schema(tmp_path / "a.parquet").names
    assert b"evening" not in (tmp_path / "a.parquet").read_bytes()


def test_a_file_that_holds_no_predictions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no parquet")
    with pytest.raises(DataError, match=r"a\.parquet holds no saved predictions"):
        load_result(tmp_path / "a.parquet")


def test_a_broken_file_does_not_hide_the_others(backbone_folder: Path, result: Result) -> None:
    folder = backbone_folder / "predictions"
    save_result(result, folder / "good.parquet")
    (folder / "bad.parquet").write_text("")
    results, problems = find_results()
    assert "fake" in [r.info.model for r in results]
    assert problems == [p for p in problems if "bad.parquet" in p] != []


def test_the_later_of_two_files_for_one_model_counts(backbone_folder: Path, result: Result) -> None:
    for name, date in (("b", "2026-01-01"), ("a", "2026-02-02"), ("c", "2025-01-01")):
        dated = replace(result, info=replace(result.info, date=date))
        save_result(dated, backbone_folder / "predictions" / f"{name}.parquet")
    dates = [r.info.date for r in find_results()[0] if r.info.model == "fake"]
    assert dates == ["2026-02-02"]


def test_the_fake_is_right_about_every_text(result: Result) -> None:
    assert result.metrics.accuracy == 1.0
    assert np.array_equal(result.frame["row"], np.arange(len(result.frame)))


def test_the_quick_accuracy_is_that_of_the_metrics(result: Result) -> None:
    assert result.accuracy == 1
    p_positive = result.frame["p_positive"].to_numpy().copy()
    p_positive[:5] = 1 - p_positive[:5]
    wrong = replace(result, frame=result.frame.assign(p_positive=p_positive))
    assert wrong.accuracy == pytest.approx(wrong.metrics.accuracy) == 1 - 5 / len(p_positive)


def test_few_shot_predictions_stand_beside_those_of_the_model(
    backbone_folder: Path, result: Result
) -> None:
    method = Method(kind="prompt", template="zhao")
    draws = [replace(method, shots=4, shots_from="first-lesson", shots_seed=i) for i in range(2)]
    for i, own in enumerate([*draws, method]):
        kind = "few-shot" if own.shots else "zero-shot"
        info = replace(result.info, model="tiny", kind=kind, method=own)
        save_result(replace(result, info=info), backbone_folder / "predictions" / f"{i}.parquet")
    results = [found for found in find_results()[0] if found.info.model == "tiny"]
    assert [own.info.kind for own in results] == ["zero-shot", "few-shot", "few-shot"]
    assert [own.info.is_of("tiny") for own in results] == [True, False, False]
    names = [f"tiny (4-shot, first-lesson, seed {seed})" for seed in range(2)]
    assert name_results(results) == list(by_name(results)) == ["tiny", *names]
    found = {name: own.info.method for name, own in by_name(results).items()}
    assert [found[name].shots_seed for name in names] == [0, 1]
