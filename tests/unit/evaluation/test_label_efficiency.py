"""Learning curves and their break-even with prompting, from saved predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment.errors import DataError
from sentiment.evaluation.label_efficiency import (
    TFIDF,
    CurveInfo,
    LearningCurve,
    Point,
    PromptedLine,
    curve_file,
    decode_probabilities,
    describe_curves,
    difference_interval,
    encode_probabilities,
    find_break_even,
    find_lines,
    load_curve,
    save_curve,
)
from sentiment.evaluation.results import Result
from sentiment.method import Method
from tests.support.results import made_result

N = 400
GOLD = np.arange(N) % 2


def _scores(accuracy: float, seed: int = 0) -> np.ndarray:
    """Probabilities of which exactly the share `accuracy` is right, on texts drawn by `seed`."""
    right = np.zeros(N, dtype=bool)
    right[np.random.default_rng(seed).permutation(N)[: round(accuracy * N)]] = True
    return np.where(right == (GOLD == 1), 0.9, 0.1)


def _curve(accuracies: dict[int, list[float]], **info: Any) -> LearningCurve:
    points = {
        Point(n, seed): _scores(accuracy, seed)
        for n, of_seeds in accuracies.items()
        for seed, accuracy in enumerate(of_seeds)
    }
    fields = {
        "backbone": "tiny",
        "way": "head",
        "weights_hash": "abc",
        "dataset": "sst2",
        "split": "validation",
        "fingerprint": "f",
        "train_fingerprint": "t",
        "n_train": 1000,
        "settings": {"batch_size": 16},
    }
    return LearningCurve(
        CurveInfo(**{**fields, **info}), np.arange(N), GOLD, points, dict.fromkeys(points, 1.25)
    )


def _line(accuracy: float, seed: int = 9) -> PromptedLine:
    correct = (_scores(accuracy, seed) > 0.5) == (GOLD == 1)
    return PromptedLine("tiny", "zero-shot", 0, correct[None])


def test_a_rounded_probability_stays_on_its_side_and_close() -> None:
    given = np.array([0.0, 0.2, 0.4999999, 0.5, 0.5000001, 0.77, 1.0])
    found = decode_probabilities(encode_probabilities(given))
    assert ((found > 0.5) == (given > 0.5)).all()
    assert np.abs(found - given).max() < 1 / 254
    assert found[3] == 0.5


def test_a_saved_curve_is_loaded_again(tmp_path: Path) -> None:
    curve = _curve({16: [0.6, 0.7], 64: [0.8]})
    path = tmp_path / curve_file("owner/tiny", "head")
    assert path.name == "owner--tiny-head.parquet"
    save_curve(curve, path)
    loaded = load_curve(path)
    assert loaded.info == curve.info
    assert loaded.seconds == dict.fromkeys(curve.p_positive, 1.2)
    for n in curve.sizes:
        assert (loaded.correct(n) == curve.correct(n)).all()


@pytest.mark.parametrize("content", [b"", b"no parquet"])
def test_another_file_is_no_curve(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.parquet holds no learning curve"):
        load_curve(path)


@pytest.mark.parametrize(
    ("accuracies", "by_mean", "beyond_noise"),
    [
        ({16: [0.5], 64: [0.72], 256: [0.9], 512: [0.92]}, 64, 256),
        ({16: [0.9], 64: [0.6], 256: [0.9]}, 256, 256),  # what does not last does not count
        ({16: [0.9], 64: [0.91]}, 16, 16),
        ({16: [0.5], 64: [0.71]}, 64, None),
        ({16: [0.5], 64: [0.6]}, None, None),
        ({16: [0.5, 0.95], 64: [0.5, 0.95]}, 16, None),  # seeds that differ are noise, too
        ({16: [0.7]}, None, None),  # equal is not above
    ],
)
def test_the_break_even_lasts_to_the_end(
    accuracies: dict[int, list[float]], by_mean: int | None, beyond_noise: int | None
) -> None:
    found = find_break_even(_curve(accuracies), _line(0.7))
    assert (found.by_mean, found.beyond_noise) == (by_mean, beyond_noise)


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        ({16: [0.5], 1024: [0.6]}, "A head does not overtake tiny zero-shot within 1,024 labels."),
        ({16: [0.9]}, "A head overtakes tiny zero-shot with 16 labels, by more than the noise."),
        (
            {16: [0.71], 64: [0.72]},
            "A head overtakes tiny zero-shot with 16 labels, but not by more than the noise within "
            "64.",
        ),
        (
            {16: [0.71], 64: [0.9]},
            "A head overtakes tiny zero-shot with 16 labels, and by more than the noise with 64.",
        ),
    ],
)
def test_the_break_even_is_said_in_a_sentence(
    accuracies: dict[int, list[float]], sentence: str
) -> None:
    assert find_break_even(_curve(accuracies), _line(0.7)).sentence == sentence


def test_the_interval_of_one_run_each_is_that_of_the_paired_bootstrap() -> None:
    trained, prompted = (_line(a, seed).correct for a, seed in ((0.8, 1), (0.7, 2)))
    interval = difference_interval(trained, prompted)
    differences = trained[0].astype(float) - prompted[0]
    error = differences.std() / np.sqrt(N)
    assert interval.low == pytest.approx(0.1 - 1.96 * error, abs=0.006)
    assert interval.high == pytest.approx(0.1 + 1.96 * error, abs=0.006)


def test_the_same_predictions_do_not_differ() -> None:
    correct = _line(0.7).correct
    interval = difference_interval(correct, correct)
    assert (interval.low, interval.high) == (0, 0)


def _untrained(seed: int, **info: Any) -> Result:
    return made_result("tiny", GOLD, _scores(0.8, seed), **info)


def test_lines_are_zero_shot_calibrated_and_few_shot() -> None:
    drawn = [Method(kind="prompt", shots=4, shots_seed=seed) for seed in range(3)]
    results = [
        _untrained(0, kind="zero-shot", thresholds={"batch_mean": 3.0}),
        *(_untrained(m.shots_seed, kind="few-shot", method=m) for m in drawn),
        _untrained(0, kind="zero-shot", fingerprint="another"),
        _untrained(0),  # fine-tuned
    ]
    found = find_lines(results, _curve({16: [0.6]}))
    assert [(line.kind, line.shots, len(line.correct)) for line in found] == [
        ("zero-shot", 0, 1),
        ("calibrated", 0, 1),
        ("few-shot", 4, 3),
    ]
    assert found[0].accuracy == pytest.approx(0.8)
    assert found[1].accuracy == pytest.approx(0.5)  # none has log-odds above 3


def test_tfidf_is_held_against_every_line_and_a_backbone_against_its_own() -> None:
    curves = [_curve({16: [0.6]}), _curve({16: [0.6]}, backbone=TFIDF, way="tfidf")]
    lines = [_line(0.7), replace(_line(0.7), backbone="other")]
    found = describe_curves(curves, lines)["break_even"]
    assert [(pair["way"], pair["line"]["backbone"]) for pair in found] == [
        ("head", "tiny"),
        ("tfidf", "tiny"),
        ("tfidf", "other"),
    ]
