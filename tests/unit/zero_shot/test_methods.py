from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import LABEL_DESCRIPTIONS
from sentiment.models.backbones import load_backbone
from sentiment.zero_shot.methods import COSINE_SCALE, build_zero_shot


def test_the_score_is_the_softmax_of_scaled_cosines_with_the_descriptions(
    backbone_folder: Path,
) -> None:
    model = AutoModel.from_pretrained(backbone_folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(backbone_folder)

    def embed(text: str) -> np.ndarray:
        states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(dim=0)
        return (mean / mean.norm()).detach().numpy().astype(np.float64)

    text = "a great film ."
    cosines = np.array([embed(text) @ embed(label) for label in LABEL_DESCRIPTIONS])
    expected = np.exp(COSINE_SCALE * cosines) / np.exp(COSINE_SCALE * cosines).sum()
    scores = score(ClassifierLoader().load("tiny"), [text])
    assert scores.probabilities[0] == pytest.approx(expected, abs=1e-5)


def test_an_answer_does_not_depend_on_the_rest_of_the_batch(backbone_folder: Path) -> None:
    zero_shot = ClassifierLoader().load("tiny")
    texts = ["a great film .", "it was", "the dull story made my evening . a a a a a a a"]
    together = score(zero_shot, texts).probabilities
    alone = np.concatenate([score(zero_shot, [text]).probabilities for text in texts])
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_backbone_that_names_no_method_is_refused_rather_than_guessed(
    backbone_folder: Path,
) -> None:
    card = json.loads((backbone_folder / "backbone.json").read_text())
    (backbone_folder / "backbone.json").write_text(json.dumps({**card, "zero_shot": None}))
    with pytest.raises(CheckpointError, match=r"names no zero_shot method\. Known: similarity"):
        build_zero_shot(load_backbone("tiny"), max_length=32, pad_id=0)
