"""What a training computes on, chosen or asked for."""

from __future__ import annotations

import pytest
import torch

from sentiment.errors import InputError, RecipeError
from sentiment.recipes import find_recipe
from sentiment.runtime.hardware import Compute, choose_compute
from sentiment.training.fit import choose_compute_for
from tests.support.commands import train


@pytest.fixture
def plain_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU whose processor knows fp32 alone."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)


@pytest.fixture
def old_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that computes in fp16 but not in bf16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)


@pytest.mark.usefixtures("plain_cpu")
def test_what_the_machine_cannot_do_is_refused() -> None:
    assert choose_compute() == Compute("cpu", "fp32")
    with pytest.raises(InputError, match=r"cpu does not support bf16\. Choose from: fp32\."):
        choose_compute(precision="bf16")
    with pytest.raises(InputError, match="no GPU that torch can use"):
        choose_compute("cuda")


@pytest.mark.usefixtures("old_gpu")
def test_the_gpu_and_its_fastest_precision_are_chosen() -> None:
    assert choose_compute() == Compute("cuda", "fp16")
    assert choose_compute(precision="fp32") == Compute("cuda", "fp32")
    assert choose_compute("cpu", "fp32") == Compute("cpu", "fp32")
    with pytest.raises(InputError, match="cuda does not support bf16"):
        choose_compute(precision="bf16")


@pytest.mark.parametrize(("device", "precision"), [("tpu", None), (None, "int3")])
def test_unknown_names_are_refused(device: str | None, precision: str | None) -> None:
    with pytest.raises(InputError, match=r"Unknown (device|precision) .* Choose from: "):
        choose_compute(device, precision)


def test_a_head_is_trained_in_fp32(capsys: pytest.CaptureFixture[str]) -> None:
    head = find_recipe("llama-mini-sst2-head")
    assert choose_compute_for(head, device="cpu") == Compute("cpu", "fp32")
    with pytest.raises(RecipeError, match=r"in fp32\. Leave --precision out"):
        choose_compute_for(head, precision="bf16")
    assert train([head.name, "--precision", "int3"]) == 2
    assert "Leave --precision out" in capsys.readouterr().err
