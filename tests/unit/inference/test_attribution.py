"""Scores of words, against models whose answers are known."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from sentiment.errors import InputError
from sentiment.inference.attribution import explain
from sentiment.inference.explanation import (
    MAX_PARTS,
    MIN_CHECKED,
    AttributionMethod,
    count_forward_passes,
    split_words,
)
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.catalogue import list_models
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.encoding import Tokenized
from sentiment.paths import BUNDLED
from tests.support.builders import FakeClassifier, tiny_backbone, tiny_decoder, tiny_masked_lm

WEIGHTS = {"good": 2.0, "fine": 1.0, "bad": -3.0}
TEXT = "a good film with a bad end , but fine songs"


@dataclass
class WordSum(FakeClassifier):
    """Log-odds that are the sum of the weights of the words: occlusion must give them back."""

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """The place of each word in a list of known words."""
        known = ["", *WEIGHTS]
        rows = [[known.index(w) if w in known else 0 for w in t.split()] for t in texts]
        return [Tokenized(ids=row, total=len(row)) for row in rows]

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Probabilities of the sum."""
        self.batches.append([len(text.ids) for text in batch])
        values = [0.0, *WEIGHTS.values()]
        odds = np.array([sum(values[i] for i in text.ids) for text in batch])
        positive = 1 / (1 + np.exp(-odds))
        return np.stack([1 - positive, positive], axis=1)


def test_occlusion_gives_back_what_each_word_adds() -> None:
    found = explain(WordSum(), TEXT)
    assert found.parts == tuple(TEXT.split())
    expected = [WEIGHTS.get(word, 0.0) for word in TEXT.split()]
    assert found.scores == pytest.approx(expected)
    assert found.total == pytest.approx(found.log_odds) == pytest.approx(0.0)


LONG = "a good film with a good end and nothing else at all that one could want"


def test_the_check_passes_where_the_scores_are_true() -> None:
    found = explain(WordSum(), LONG)
    assert found.deletion is not None
    assert found.deletion.count == 4
    assert found.deletion.p_full == pytest.approx(1 / (1 + np.exp(-4)))
    assert found.deletion.p_strongest == pytest.approx(0.5)
    assert found.deletion.p_random == pytest.approx(found.deletion.p_full)
    assert found.deletion.is_passed


def test_the_check_draws_from_the_other_words_that_count() -> None:
    text = "good good bad bad fine fine fine fine fine fine fine fine"
    found = explain(WordSum(), text)
    assert found.deletion is not None
    assert found.deletion.count == 3
    assert found.deletion.is_passed
    assert found.deletion.p_strongest < found.deletion.p_random


def test_few_words_are_explained_without_a_check() -> None:
    for text in ("good", TEXT.split(" , ")[0], "a bad film and a long one"):
        assert explain(WordSum(), text).deletion is None
    assert explain(WordSum(), "good").scores == pytest.approx([2.0])


@pytest.mark.parametrize("name", [m.name for m in list_models() if m.folder.parent == BUNDLED])
def test_one_word_is_explained_by_every_bundled_model(name: str) -> None:
    found = explain(ClassifierLoader().load(name), "good")
    assert len(found.scores) == 1
    assert found.scores[0] == pytest.approx(found.log_odds)


def test_gaps_between_words_are_nobodys(tmp_path: Path) -> None:
    words = ["the", "film", "was", "a", "very", "long", "and", "slow", "walk", "home"]
    seen: list[str] = []

    class Noted(WordSum):
        def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
            seen.extend(texts)
            return super().tokenize(texts)

    text = "  ".join(words[:5]) + "\n\n" + "  ".join(words[5:])
    explain(Noted(), text)
    assert text.replace("  film", "") in seen
    assert text.replace("\n\nlong", "") in seen
    assert text.replace("the  ", "", 1) in seen


def test_threads_that_share_a_network_explain_as_one_alone() -> None:
    classifier = ClassifierLoader().load("gpt2-mini-sst2-lora")
    expected = explain(classifier, TEXT, method="gradient").scores
    is_done = threading.Event()

    def read_on() -> None:
        while not is_done.is_set():
            score(classifier, ["another text"])

    other = threading.Thread(target=read_on)
    other.start()
    try:
        for _ in range(5):
            found = explain(classifier, TEXT, method="gradient").scores
            assert found == pytest.approx(expected, abs=1e-4)
    finally:
        is_done.set()
        other.join()


def test_a_long_text_is_explained_in_runs_of_words() -> None:
    text = " ".join(f"w{i}" for i in range(3 * MAX_PARTS))
    parts = split_words(text)
    assert len(parts) == MAX_PARTS
    assert text[slice(*parts[1])] == "w3 w4 w5"
    assert len(explain(WordSum(), text).scores) == MAX_PARTS


def test_the_readings_are_those_that_were_announced() -> None:
    for text in ("good", TEXT, LONG):
        classifier = WordSum()
        found = explain(classifier, text)
        assert found.forward_passes == count_forward_passes(text, "occlusion")
        assert sum(map(len, classifier.batches)) == found.forward_passes
    assert count_forward_passes(TEXT, "gradient") == count_forward_passes(TEXT, "occlusion") - len(
        TEXT.split()
    )


def _classifier(folder: Path, name: str) -> NetworkClassifier:
    builders = {"decoder": tiny_decoder, "masked": tiny_masked_lm}
    if name in builders:
        found = ClassifierLoader().load_zero_shot(str(builders[name](folder / name)))
    else:
        found = ClassifierLoader().load(name)
    assert isinstance(found, NetworkClassifier)
    return found


@pytest.mark.parametrize(
    "name", ["decoder", "masked", "distilbert-mini", "distilbert-mini-sst2-lora", "gpt2-mini"]
)
def test_the_gradient_is_that_of_finite_differences(tmp_path: Path, name: str) -> None:
    classifier = _classifier(tmp_path, name)
    text = "a great film ."
    found = explain(classifier, text, method="gradient")
    (tokenized,) = classifier.encode([text])
    spans = classifier.encode.offsets(text)
    assert len(spans) == len(tokenized.ids)
    ids = torch.tensor([tokenized.ids])
    place = next(i for i, span in enumerate(spans) if span and text[span[0] : span[1]].strip())
    part = next(i for i, (a, b) in enumerate(split_words(text)) if spans[place][0] < b)
    own = [i for i, span in enumerate(spans) if span and _meets(span, split_words(text)[part])]
    step = 1e-3

    def shift(_m: object, _i: object, output: torch.Tensor) -> torch.Tensor:
        moved = output.clone()
        moved[0, own] *= 1 + sign * step
        return moved

    odds = {}
    for sign in (-1, 1):
        handle = classifier.embedding.register_forward_hook(shift)
        with torch.no_grad():
            logits = classifier.logits(ids, torch.ones_like(ids))[0].double()
        handle.remove()
        odds[sign] = float(logits[1] - logits[0])
    expected = (odds[1] - odds[-1]) / (2 * step)
    assert found.scores[part] == pytest.approx(expected, rel=0.03, abs=2e-3)


def _meets(span: tuple[int, int], part: tuple[int, int]) -> bool:
    return span[0] < part[1] and span[1] > part[0]


def test_every_token_of_a_text_belongs_to_one_of_its_words(tmp_path: Path) -> None:
    text = "an unbelievably long-winded film , isn't it ?"
    for name in ("distilbert-mini", "gpt2-mini", "llama-mini", "smollm2-135m"):
        classifier = _classifier(tmp_path, name)
        spans = [span for span in classifier.encode.offsets(text) if span]
        covered = "".join(text[a:b] for a, b in spans)
        assert covered.replace(" ", "") == text.replace(" ", "")


def test_a_cut_text_keeps_its_spans_beside_its_tokens(tmp_path: Path) -> None:
    text = " ".join(f"word{i}" for i in range(900))
    for name in ("distilbert-mini", "gpt2-mini"):
        classifier = _classifier(tmp_path, name)
        (tokenized,) = classifier.encode([text])
        spans = classifier.encode.offsets(text)
        assert len(spans) == len(tokenized.ids) < tokenized.total
        inside = [span for span in spans if span]
        assert text[slice(*inside[0])].strip() == "word" or text.startswith(
            text[slice(*inside[0])].strip()
        )
        assert inside[-1][1] == len(text)


def test_what_cannot_be_explained_is_one_sentence() -> None:
    baseline = ClassifierLoader().load("tfidf-sst2")
    with pytest.raises(InputError, match=r"tfidf-sst2 has no gradient\. Choose"):
        explain(baseline, TEXT, method="gradient")
    with pytest.raises(InputError, match="Unknown method 'magic'"):
        explain(baseline, TEXT, method="magic")
    assert explain(baseline, TEXT).scores


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
def test_what_a_model_does_not_read_has_no_score_and_no_part_in_the_check(
    tmp_path: Path, method: AttributionMethod
) -> None:
    tiny_backbone(tmp_path / "trained" / "tiny")
    classifier = ClassifierLoader().load("tiny")  # reads 32 tokens, 30 of them of the text
    words = ["a", "great", "film", ".", "the", "dull", "story"] * 8
    found = explain(classifier, " ".join(words), method=method)
    assert [score is None for score in found.scores] == [7 <= i < 33 for i in range(len(words))]
    assert found.deletion is not None
    assert found.deletion.count == 6  # a fifth of the 30 words it reads
    assert found.forward_passes == (31 if method == "occlusion" else 1) + 21
    assert found.total == pytest.approx(sum(s for s in found.scores if s is not None))


def test_too_few_words_read_are_not_checked(tmp_path: Path) -> None:
    tiny_backbone(tmp_path / "trained" / "tiny")
    words = ["a"] + ["unfathomable" * 20] * 2 + ["film"] * 24 + ["story" + "!" * 40] * 9
    found = explain(ClassifierLoader().load("tiny"), " ".join(words), method="gradient")
    assert sum(score is not None for score in found.scores) < MIN_CHECKED < len(words)
    assert found.deletion is None
