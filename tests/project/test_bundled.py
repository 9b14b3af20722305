"""The bundled weights: what they compute, and that real data gives the bundled numbers again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment.cli.main import main
from sentiment.data.loading import load_examples
from sentiment.evaluation.results import Result, ResultInfo, find_results
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.catalogue import list_models
from sentiment.models.classifier import Classifier
from sentiment.paths import BUNDLED
from sentiment.zero_shot.demonstrations import draw_demonstrations

BUNDLED_MODELS = [info for info in list_models() if info.folder.parent == BUNDLED]
TUNED = [info.name for info in BUNDLED_MODELS if info.kind == "fine-tuned"]
ON_DISTILBERT = [info.name for info in BUNDLED_MODELS if info.backbone == "distilbert-mini"]
SAVED = [
    result for result in find_results()[0] if result.info.model in {m.name for m in BUNDLED_MODELS}
]
SAMPLED = 200  # of a set that is too large to be scored in a test
MOST = 1000  # texts of a set that is scored in a test

# First eight of the 384 mean-pooled, unit-length values that the original network
# (sentence-transformers/all-MiniLM-L6-v2, float32, AutoModel and AutoTokenizer) gives for TEXT.
TEXT = "The songs are lovely, the story is not."
ORIGINAL = [0.058679, 0.014029, 0.061627, -0.012464, -0.027415, 0.040737, 0.028129, -0.065312]


def test_the_backbone_gives_the_embedding_of_the_original_up_to_its_rounding() -> None:
    backbone = load_backbone("distilbert-mini")
    encoded = backbone.tokenizer(TEXT, return_tensors="pt")
    states = backbone.model(**encoded).last_hidden_state[0].detach().numpy()
    mean = states.mean(axis=0)
    assert (mean / np.linalg.norm(mean))[:8] == pytest.approx(ORIGINAL, abs=1e-4)


def test_one_backbone_in_memory_serves_all_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load_and_note(name: str, **options: Any) -> Backbone:
        loaded.append(name)
        return load_backbone(name, **options)

    monkeypatch.setattr("sentiment.inference.loader.load_backbone", load_and_note)
    loader = ClassifierLoader()
    for name in ON_DISTILBERT:
        loader.load(name)
    assert loaded == ["distilbert-mini"]


@pytest.mark.parametrize("name", TUNED)
def test_the_cards_code_runs_beside_the_two_folders(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(BUNDLED)
    readme = (BUNDLED / name / "README.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(readme.split("```python\n")[1].split("```")[0], names)
    expected = score(ClassifierLoader().load(name), ["What a film!"]).probabilities
    assert names["scores"].detach().numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(
            result,
            id=f"{result.info.model}-{result.info.split}",
            marks=() if result.metrics.n < 500 else pytest.mark.slow,
        )
        for result in SAVED
        if result.metrics.n <= MOST and not result.info.method.shots
    ],
)
def test_evaluate_reproduces_the_bundled_numbers_to_the_digit(
    real_data: Path, capsys: pytest.CaptureFixture[str], saved: Result
) -> None:
    info = saved.info
    template = ["--template", info.method.template] if info.method.template else []
    assert main(["evaluate", info.model, "--data", info.dataset, *template, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["confusion"] == [list(row) for row in saved.metrics.confusion]
    assert printed["fingerprint"] == info.fingerprint
    assert printed["weights_hash"] == info.weights_hash
    for metric in ("accuracy", "precision", "recall", "f1", "mcc"):
        assert printed[metric] == getattr(saved.metrics, metric)
    assert printed["auroc"] == pytest.approx(saved.metrics.auroc, abs=1e-6)


def _load(info: ResultInfo) -> Classifier:
    """The classifier that made saved predictions."""
    method, loader = info.method, ClassifierLoader()
    if info.kind not in ("zero-shot", "few-shot"):
        return loader.load(info.model)
    shown = None
    if method.shots:
        shown = draw_demonstrations(method.shots, seed=method.shots_seed, source=method.shots_from)
    return loader.load_zero_shot(info.model, template=method.template or None, demonstrations=shown)


@pytest.mark.slow
@pytest.mark.parametrize(
    "saved",
    [r for r in SAVED if r.metrics.n > MOST or r.info.method.shots],
    ids=lambda r: f"{r.info.model}-{r.info.split}-{r.info.method.shots}-{r.info.method.shots_seed}",
)
def test_a_sample_of_a_large_set_gives_the_saved_probabilities(
    real_data: Path, saved: Result
) -> None:
    examples = load_examples(saved.info.dataset, saved.info.split.partition("-")[0])
    count = SAMPLED // 4 if saved.info.method.shots else SAMPLED
    chosen = np.random.default_rng(0).choice(len(saved.frame), count, replace=False)
    rows = saved.frame.iloc[chosen]
    texts = [examples.texts[row] for row in rows["row"]]
    scores = score(_load(saved.info), texts)
    assert scores.p_positive == pytest.approx(rows["p_positive"].to_numpy(), abs=1e-4)
    assert (examples.labels[rows["row"]] == rows["gold"]).all()
    assert (scores.tokens_read == rows["tokens_read"]).all()
    assert (scores.tokens_total == rows["tokens_total"]).all()
