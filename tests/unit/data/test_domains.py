"""The product and restaurant reviews that were written for this project."""

from __future__ import annotations

import pandas as pd
import pytest

from sentiment.data.loading import CHALLENGE_FILE, load_examples
from sentiment.data.sources import full_title
from sentiment.data.tables import read_csv
from sentiment.paths import ASSETS
from tools.check_lesson import LESSON_FILE, find_repetitions, find_words

DOMAINS = ("products", "restaurants")
TURNS = {"not", "no", "never", "nobody", "nothing", "none", "neither", "but", "although", "hardly"}


def _read(domain: str) -> pd.DataFrame:
    columns = ("id", "text", "label", "difficulty")
    return read_csv(ASSETS / "data" / f"{domain}.csv", needed=columns)


@pytest.mark.parametrize("domain", DOMAINS)
def test_labels_and_difficulties_are_balanced(domain: str) -> None:
    rows = _read(domain)
    counts = rows.groupby(["label", "difficulty"]).size()
    assert counts.to_dict() == {
        (label, difficulty): 50
        for label in ("negative", "positive")
        for difficulty in ("plain", "hard")
    }
    assert rows["id"].tolist() == [str(i + 1) for i in range(200)]
    assert rows["text"].str.split().str.len().between(4, 40).all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_plain_texts_have_neither_negation_nor_contrast(domain: str) -> None:
    rows = _read(domain)
    for text in rows.loc[rows["difficulty"] == "plain", "text"]:
        assert "n't" not in text
        assert not TURNS & set(find_words(text)), text


def test_no_text_repeats_another_one_of_the_project() -> None:
    own = [text for domain in DOMAINS for text in _read(domain)["text"]]
    others = [
        text
        for path in (LESSON_FILE, CHALLENGE_FILE)
        for text in read_csv(path, needed=("id", "text"))["text"]
    ]
    found = [(i, j) for i, j, _ in find_repetitions([*own, *others]) if i < len(own)]
    assert found == []


@pytest.mark.parametrize(
    ("domain", "title"), zip(DOMAINS, ("Product reviews", "Restaurant reviews"), strict=True)
)
def test_the_reviews_are_loaded_by_name(domain: str, title: str) -> None:
    examples = load_examples(domain)
    assert list(examples.texts) == _read(domain)["text"].tolist()
    assert examples.labels.sum() == 100
    assert full_title(domain, examples.split) == title
