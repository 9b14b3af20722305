from __future__ import annotations

import csv

from sentiment.evaluation.results import Result, find_results
from sentiment.models.catalogue import list_models
from sentiment.paths import ASSETS
from sentiment.ui.lesson.board import find_paths
from sentiment.ui.lesson.text import HARD_SENTENCE


def _predicts_positive(model: str, row: int) -> bool:
    def fits(result: Result) -> bool:
        return (result.info.model, result.info.dataset) == (model, "challenge")

    result = next(own for own in find_results()[0] if fits(own))
    frame = result.frame.set_index("row")
    return bool(frame.loc[row, "p_positive"] > 0.5)


def test_models_disagree_on_the_sentence_the_lesson_opens_with() -> None:
    with (ASSETS / "data" / "challenge.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = [i for i, own in enumerate(rows) if own["text"] == HARD_SENTENCE]
    assert (rows[row]["id"], rows[row]["label"]) == ("35", "positive")
    first = [path[0].name for path in find_paths(list_models(), ())]
    assert {_predicts_positive(name, row) for name in first} == {True, False}
    assert not _predicts_positive("distilbert-mini", row)
    assert not _predicts_positive("distilbert-mini-sst2-head", row)
    assert _predicts_positive("distilbert-mini-sst2-lora", row)
    assert not _predicts_positive("gpt2-mini-sst2-lora", row)
