"""Adding a model whose label names say nothing: the form asks what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch
from transformers import DistilBertForSequenceClassification

from sentiment.errors import CheckpointError, InputError
from sentiment.serving.inspection import (
    MOST_LABELS,
    Inspection,
    ModelAddress,
    UnsettledLabels,
    inspect_model,
)
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.render.model_cards import render_inspection
from sentiment.ui.tabs import add_model
from sentiment.ui.tabs.add_model import Checks, _ask_labels, _check_labels, _confirm
from sentiment.ui.text import models as copy
from tests.support.builders import tiny_whole
from tests.support.published import TEXTS, plain_outputs

REQUEST: Any = SimpleNamespace(
    session_hash="visit", headers={}, client=SimpleNamespace(host="127.0.0.1")
)
SAID = {
    3: ("positive", "neutral", "negative"),
    5: ("negative", "negative", "neutral", "positive", "positive"),
    2: ("positive", "negative"),
}


def _write(folder: Path, count: int) -> DistilBertForSequenceClassification:
    """A classifier that gives all texts the same, so that no sentence settles its labels."""
    names = {i: f"LABEL_{i}" for i in range(count)}
    tiny_whole(folder, names, labels=count)
    network: Any = DistilBertForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.copy_(torch.linspace(-1, 1, count))
    network.save_pretrained(folder)
    return network.eval()


class _InProcess:
    """The child process, in this one."""

    def __init__(self, work: Callable[..., Any], *arguments: Any, **_limits: Any) -> None:
        self._work, self._arguments = work, arguments
        self.result: Any = None

    def reports(self, _is_stopped: Callable[[], bool], **_settings: Any) -> Iterator[Any]:
        self.result = self._work(lambda _: None, *self._arguments)
        yield from ()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    monkeypatch.setattr(add_model, "ChildProcess", _InProcess)
    return Checks(LineUp())


@pytest.mark.parametrize("count", SAID)
def test_what_is_said_of_the_labels_is_how_the_model_answers(
    tmp_path: Path, checks: Checks, count: int
) -> None:
    network = _write(tmp_path / "mine", count)
    *_, (message, found, button, unsettled, _) = checks.look(str(tmp_path / "mine"), (), REQUEST)
    assert "say what each label means" in message
    assert (found, button["visible"]) == (None, False)
    assert unsettled.labels == tuple(f"LABEL_{i}" for i in range(count))
    column, *dropdowns = _ask_labels(unsettled)
    assert column.visible
    assert [own.label for own in dropdowns if own.visible] == list(unsettled.labels)
    unused = (None,) * (MOST_LABELS - count)
    *_, (_, found, _, left, _) = checks.look_again(unsettled, (), REQUEST, *SAID[count], *unused)
    assert isinstance(found, Inspection)
    assert (found.info.labels, left) == (SAID[count], None)
    message, own, *_ = _confirm(found, ())
    assert message.count("mine is added")
    assert render_inspection(found) in message  # with the probe predictions
    masses = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)
    sides = {
        side: masses[:, [i for i, own in enumerate(SAID[count]) if own == side]].sum(-1)
        for side in ("negative", "neutral", "positive")
    }
    expected = sides["positive"] / (sides["positive"] + sides["negative"])
    answers = LocalPredictor().predict_many(own[0], TEXTS)
    assert [a.p_positive for a in answers] == pytest.approx(expected.tolist(), abs=1e-6)
    if "neutral" in SAID[count]:
        neutral = [a.p_neutral for a in answers]
        assert neutral == pytest.approx(sides["neutral"].tolist(), abs=1e-6)


@pytest.mark.parametrize(
    "said", [(None, "neutral", "positive"), ("positive",) * 3, ("negative", "neutral", "neutral")]
)
def test_labels_that_leave_out_a_side_are_asked_for_again(checks: Checks, said: Any) -> None:
    unsettled = UnsettledLabels(ModelAddress("/nowhere", is_folder=True), ("a", "b", "c"))
    with pytest.raises(InputError):
        _check_labels(said)
    *_, (message, found, _, left, _) = checks.look_again(unsettled, (), REQUEST, *said)
    assert copy.SAY_LABELS in message
    assert (found, left) == (None, unsettled)


def test_more_labels_than_the_form_asks_for_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "mine", MOST_LABELS + 1)
    with pytest.raises(CheckpointError, match="has 9 labels whose names do not say"):
        inspect_model(lambda _: None, ModelAddress(str(tmp_path / "mine"), is_folder=True), ())


def test_nothing_is_asked_where_nothing_is_unsettled() -> None:
    column, *dropdowns = _ask_labels(None)
    assert not column.visible
    assert not any(own.visible for own in dropdowns)
    assert all(isinstance(own, gr.Dropdown) for own in dropdowns)
