"""What the endpoint `/score` answers, with models of every kind of head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio.routes import App

from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import BatchPrediction
from sentiment.ui.server.endpoints import create_score_api

MODEL = ModelInfo("mine", Path("nowhere"), "fine-tuned", "net", "lora")
KEYS = ["label", "p_positive", "tokens_read", "tokens_total"]


class _LineUp:
    """A line-up of one model with the given neutral masses."""

    def __init__(self, neutral: tuple[float, ...]) -> None:
        self._neutral = neutral

    def select(self, names: Sequence[str]) -> list[ModelInfo]:
        return [MODEL]

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        return BatchPrediction((0.9, 0.2), (3, 4), (3, 5), p_neutral=self._neutral)


@pytest.mark.parametrize("neutral", [(), (0.25, 0.5)])
def test_the_neutral_mass_is_a_key_only_where_a_model_has_one(neutral: tuple[float, ...]) -> None:
    with gr.Blocks(analytics_enabled=False) as demo:
        lineup: Any = _LineUp(neutral)
        create_score_api(lineup)
    body = {"data": [["a fine film", "a dull one here"], "mine"]}
    answer = TestClient(App.create_app(demo)).post("/gradio_api/run/score", json=body)
    (records,) = answer.json()["data"]
    assert [list(record) for record in records] == [[*KEYS, "p_neutral"] if neutral else KEYS] * 2
    assert [record["label"] for record in records] == ["positive", "negative"]
    assert tuple(r["p_neutral"] for r in records if "p_neutral" in r) == neutral
