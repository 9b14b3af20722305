from __future__ import annotations

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import binom

from sentiment.evaluation.results import find_results
from sentiment.models.catalogue import ModelInfo, list_models
from sentiment.paths import BUNDLED
from sentiment.ui.lesson.board import (
    Leaderboard,
    LeaderboardRow,
    build_board,
    compare_rows,
    find_paths,
    find_prompted,
    move_thresholds,
)
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES

HEAD = BUNDLED / "distilbert-mini-sst2-head"
LORA = BUNDLED / "distilbert-mini-sst2-lora"


def _board(dataset: str = "sst2") -> Leaderboard:
    board = build_board(dataset, list_models(), find_results()[0])
    assert board is not None
    return board


def _row(board: Leaderboard, name: str) -> LeaderboardRow:
    return next(row for row in board.rows if row.model.name == name)


def _right(folder: Path, file: str) -> np.ndarray:
    """Whether each text is right, straight from the file."""
    frame = pq.read_table(folder / "predictions" / file).to_pandas().sort_values("row")
    return ((frame["p_positive"] > 0.5) == (frame["gold"] == 1)).to_numpy()


def test_a_row_says_what_the_saved_predictions_and_the_run_say() -> None:
    row = _row(_board(), HEAD.name)
    right = _right(HEAD, "sst2-validation.parquet")
    n, p, z = len(right), right.mean(), 1.959964
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    run = json.loads((HEAD / "run.json").read_text())
    latency = json.loads((HEAD / "latency.json").read_text())
    assert (row.right, row.n, row.accuracy) == (right.sum(), n, p)
    assert (row.interval.low, row.interval.high) == pytest.approx((middle - half, middle + half))
    assert row.model.trainable == run["parameters"]["trainable"]
    assert (row.seconds, row.ms) == (run["seconds"], latency["median_ms"])
    assert row.backbone == "MiniLM"


def test_a_gain_is_over_the_zero_shot_side_and_corrected_over_all_gains() -> None:
    board = _board()
    row = _row(board, HEAD.name)
    after = _right(HEAD, "sst2-validation.parquet")
    before = _right(HEAD, "sst2-validation.zero-shot.parquet")
    only_before, only_after = (before & ~after).sum(), (after & ~before).sum()
    fewer, both = min(only_before, only_after), only_before + only_after
    p = min(1.0, 2 * binom.cdf(fewer, both, 0.5))
    assert row.gain is not None
    assert row.gain.difference == pytest.approx(after.mean() - before.mean())
    assert row.gain.interval.low < row.gain.difference < row.gain.interval.high
    assert row.gain.p == pytest.approx(p)
    gained = sorted((own.gain.p for own in board.rows if own.gain), reverse=True)
    place = gained.index(row.gain.p)
    highest = max(p * (i + 1) for i, p in enumerate(gained) if i >= place)
    assert row.gain.p_holm == pytest.approx(min(1.0, highest))
    tuned = [own for own in board.rows if own.model.kind == "fine-tuned"]
    assert row.gain.pairs == len(gained) == len(tuned)


def test_a_board_holds_the_bundled_models_and_the_floor() -> None:
    board = _board("imdb")
    gold = board.rows[0].result.gold
    assert board.title == "IMDb test"
    assert board.n == len(gold) == 25_000
    assert board.floor == max(gold.mean(), 1 - gold.mean())
    assert [row.model.kind for row in board.rows][-1] == "baseline"
    assert [row.model.name for row in board.rows if row.gain is None] == [
        "distilbert-mini",
        "gpt2-mini",
        "llama-mini",
        "tfidf-imdb",
    ]
    assert board.against is not None
    assert board.against.below == ("gpt2-mini-imdb-lora", "llama-mini-imdb-head")


def test_what_somebody_trained_besides_is_no_part_of_a_board(trained_folder: Path) -> None:
    models = list_models()
    own = next(model for model in models if model.name == HEAD.name)
    mine = replace(own, name="mine", folder=trained_folder / "mine")
    results = find_results()[0]
    scored = next(r for r in results if r.info.model == HEAD.name)
    copied = replace(scored, info=replace(scored.info, model="mine"))
    board = build_board("sst2", [*models, mine], [*results, copied])
    assert board is not None
    assert all(row.model.name != "mine" for row in board.rows)
    assert all(mine not in path for path in find_paths([*models, mine], ("head",)))


def test_a_model_counts_as_its_card_asks_it() -> None:
    models, results = list_models(), find_results()[0]
    own = next(r for r in results if r.info.model == "gpt2-mini" and r.info.split == "validation")
    other = replace(own, info=replace(own.info, method=method_of(TEMPLATES["zhao"]), date="2999"))
    board = build_board("sst2", models, [*results, other])
    assert board is not None
    assert _row(board, "gpt2-mini").result.info.method.template == "superlative"


def _without(models: list[ModelInfo], *names: str) -> list[ModelInfo]:
    return [model for model in models if model.name not in names]


def test_a_board_does_without_what_is_gone() -> None:
    models, results = list_models(), find_results()[0]
    assert build_board("sst2", [], results) is None
    assert build_board("sst2", models, []) is None
    board = build_board("sst2", _without(models, "distilbert-mini", "tfidf-sst2"), results)
    assert board is not None
    assert _row(board, HEAD.name).gain is None
    assert _row(board, "gpt2-mini-sst2-lora").gain is not None
    assert board.against is None


def test_a_way_leads_from_zero_shot_to_what_is_asked_for() -> None:
    models = list_models()
    names = [[model.name for model in path] for path in find_paths(models, ("head", "lora"))]
    assert names[:2] == [
        ["gpt2-mini", "gpt2-mini-sst2-lora"],
        ["distilbert-mini", HEAD.name, LORA.name],
    ]
    left = [
        [model.name for model in path]
        for path in find_paths(_without(models, HEAD.name), ("head", "lora"))
    ]
    assert ["distilbert-mini", LORA.name] in left
    loras = [model.name for model in models if model.tuning == "lora"]
    assert find_paths(_without(models, *loras), ("lora",)) == []
    prompted = [model.name for model in find_prompted(models)]
    assert prompted == ["llama-mini", "gpt2-mini", "smollm2-135m"]


def test_two_rows_are_compared_as_a_single_pair() -> None:
    board = _board()
    pairs = [(_row(board, HEAD.name), _row(board, LORA.name))]
    (pair,) = compare_rows(pairs)
    assert pair is not None
    after = _right(LORA, "sst2-validation.parquet")
    before = _right(HEAD, "sst2-validation.parquet")
    assert pair.difference == pytest.approx(after.mean() - before.mean())
    assert (pair.pairs, pair.p_holm) == (1, pair.p)
    trained = _row(board, HEAD.name)
    both = compare_rows([(_row(board, "distilbert-mini"), trained), *pairs])
    assert both == [trained.gain, pair]
    assert trained.gain is not None
    assert trained.gain.pairs == sum(row.gain is not None for row in board.rows)
    elsewhere = build_board("imdb", list_models(), find_results()[0])
    assert elsewhere is not None
    assert compare_rows([(_row(board, HEAD.name), elsewhere.rows[0])]) == [None]


def test_a_moved_threshold_moves_the_answers() -> None:
    row = _row(_board(), "gpt2-mini")
    raw, *others = move_thresholds(row)
    assert raw.name == "raw"
    assert raw.counts.accuracy == row.accuracy
    assert raw.interval == row.interval
    p, gold = row.result.p_positive, row.result.gold
    for moved in others:
        place = row.result.info.thresholds[moved.name]
        said = np.log(p) - np.log1p(-p) > place
        assert moved.counts.accuracy == pytest.approx((said == (gold == 1)).mean())
    assert {moved.name for moved in others} == {"contextual", "pmi_dc", "batch_mean"}
