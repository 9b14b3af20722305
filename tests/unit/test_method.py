"""How a model answered is data: it keys saved predictions, whatever words are made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentiment import formatting
from sentiment.data.examples import Examples
from sentiment.data.loading import load_examples
from sentiment.evaluation.evaluate import build_result, find_result
from sentiment.evaluation.results import find_results, load_result, save_result
from sentiment.evaluation.score_table import scores_frame
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.method import Method
from sentiment.models.catalogue import list_models
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES

METHODS = [
    *(method_of(template) for template in TEMPLATES.values()),
    Method(kind="similarity", label_words=("It was terrible.", "It was great.")),
    Method(kind="prompt", template="zhao", shots=8, calibration="contextual", engine="int8"),
    *(Method(kind=kind) for kind in ("head", "lora", "full", "tfidf", "file")),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.template or method.kind)
def test_a_method_is_read_back_as_it_was_written(method: Method) -> None:
    stored = json.loads(json.dumps(method.to_dict()))
    assert Method.from_dict(stored) == method
    assert hash(Method.from_dict(stored)) == hash(method)


def test_the_stored_form_is_stable() -> None:
    assert Method(kind="lora").to_dict() == {"kind": "lora"}
    assert method_of(TEMPLATES["movie"]).to_dict() == {
        "kind": "prompt",
        "template": "movie",
        "prompt": "{text} This movie is",
        "label_words": [" bad", " good"],
    }


@pytest.mark.parametrize(
    "stored", [{}, "trained LoRA", {"kind": "magic"}, {"kind": "lora", "x": 1}]
)
def test_what_is_no_method_is_refused(stored: object) -> None:
    with pytest.raises(ValueError, match=r"describes no method|a method has no x"):
        Method.from_dict(stored)  # type: ignore[arg-type]


def _keys() -> list[tuple[object, ...]]:
    results = find_results()[0]
    frame = scores_frame([r for r in results if r.info.dataset == "challenge"], list_models())
    stored = [
        (info.model, info.weights_hash, info.method, info.dataset, info.split)
        for info in (result.info for result in results)
    ]
    return [*stored, tuple(frame["model"]), tuple(frame["accuracy"])]


def test_other_words_change_no_key_and_no_saved_prediction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples: Examples = load_examples("first-lesson").take(range(8))
    loader = ClassifierLoader()
    classifiers = [loader.load(name) for name in ("gpt2-mini", "distilbert-mini-sst2-head")]
    for place, classifier in enumerate(classifiers):
        result = build_result(classifier, examples, score(classifier, examples.texts))
        save_result(result, tmp_path / f"{place}.parquet")
    files = [tmp_path / f"{place}.parquet" for place in range(2)]
    before, written = _keys(), [path.read_bytes() for path in files]
    words = dict.fromkeys(formatting._METHODS, "other words")
    monkeypatch.setattr(formatting, "_METHODS", words)
    for name in dir(copy):
        if name.startswith("METHOD_"):
            monkeypatch.setattr(copy, name, "other words")
    assert formatting.describe_method(Method(kind="lora")) == "other words"
    assert _keys() == before
    for classifier, path, content in zip(classifiers, files, written, strict=True):
        assert find_result(classifier, examples, more=[path]) is not None
        save_result(load_result(path), path)
        assert path.read_bytes() == content
