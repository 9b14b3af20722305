"""The texts that were written for this project, and what is counted on them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.data.loading import CAPABILITY_TITLES, load_challenge, load_examples
from sentiment.evaluation.challenge import score_capabilities
from tests.support.results import made_result


def _words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]+", "", text.lower()).split()


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_every_capability_is_there_and_balanced() -> None:
    rows = load_challenge()
    assert len(rows) >= 300
    assert list(dict.fromkeys(rows["capability"])) == list(CAPABILITY_TITLES)
    counts = pd.crosstab(rows["capability"], rows["label"])
    assert (counts["positive"] == counts["negative"]).all()
    assert not rows["text"].duplicated().any()
    assert rows["id"].tolist() == [str(i + 1) for i in range(len(rows))]


def test_pairs_are_two_rows_of_one_label_that_differ() -> None:
    rows = load_challenge()
    assert set(rows["expectation"]) == {"", "same", "higher", "lower"}
    paired = rows[rows["pair"] != ""]
    assert (rows.loc[rows["pair"] == "", "expectation"] == "").all()
    for _, pair in paired.groupby("pair"):
        assert len(pair) == 2
        assert pair["label"].nunique() == pair["expectation"].nunique() == 1
        assert pair["text"].nunique() == 2
        if pair["expectation"].iloc[0] != "same":
            is_positive = pair["label"].iloc[0] == "positive"
            is_stronger = pair["capability"].iloc[0] == "intensifier"
            assert (pair["expectation"].iloc[0] == "higher") == (is_positive == is_stronger)


def test_the_first_lesson_has_two_parts_that_share_no_sentence() -> None:
    train, test = (load_examples("first-lesson", split) for split in ("train", "test"))
    assert (len(train), len(test)) == (1500, 400)
    assert train.labels.mean() == test.labels.mean() == 0.5
    learned = set().union(*(_runs(text, 6) for text in train.texts))
    assert not any(_runs(text, 6) & learned for text in test.texts)
    assert not set(train.rows) & set(test.rows)


def test_no_sentence_was_taken_from_the_data_sets(real_data: Path) -> None:
    ours: set[tuple[str, ...]] = set()
    for name, split in (
        ("challenge", "all"),
        ("products", "all"),
        ("restaurants", "all"),
        ("first-lesson", "train"),
        ("first-lesson", "test"),
    ):
        for text in load_examples(name, split).texts:
            ours |= _runs(text, 8)
    for name, split, every in (
        ("sst2", "train", 1),
        ("sst2", "validation", 1),
        ("imdb", "test", 9),
    ):
        for text in load_examples(name, split, directory=real_data).texts[::every]:
            assert not _runs(text, 8) & ours


def test_wrong_labels_flips_and_directions_are_counted() -> None:
    rows = load_challenge()
    gold = (rows["label"] == "positive").to_numpy(dtype=int)
    right = np.where(gold == 1, 0.8, 0.2)
    by_name = {
        score.capability: score for score in score_capabilities(made_result("m", gold, right))
    }
    assert all(score.labels.failures == 0 for score in by_name.values())
    assert by_name["entities"].invariance is not None
    assert (by_name["entities"].invariance.n, by_name["entities"].invariance.failures) == (12, 0)
    assert by_name["intensifier"].directional is not None
    assert by_name["intensifier"].directional.rate == 1  # an equal score is no rise
    assert by_name["negation"].invariance is by_name["negation"].directional is None

    first = rows.index[rows["capability"] == "entities"][0]
    right[first] = 1 - right[first]
    changed = {s.capability: s for s in score_capabilities(made_result("m", gold, right))}
    assert changed["entities"].labels.failures == 1
    assert changed["entities"].invariance is not None
    assert changed["entities"].invariance.failures == 1


def test_a_stronger_word_must_move_the_score_the_right_way() -> None:
    rows = load_challenge()
    gold = (rows["label"] == "positive").to_numpy(dtype=int)
    p = np.where(gold == 1, 0.8, 0.2)
    second = rows[rows["expectation"] != ""].groupby("pair").tail(1)
    p[second.index[second["expectation"] == "higher"]] += 0.05
    p[second.index[second["expectation"] == "lower"]] -= 0.05
    found = score_capabilities(made_result("m", gold, p))
    assert all(s.directional.failures == 0 for s in found if s.directional)
