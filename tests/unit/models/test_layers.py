"""A head that reads a middle layer: only the layers below it are computed, trained and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from sentiment.errors import RecipeError
from sentiment.evaluation.layers import LayerAccuracy, choose_layer, load_layers
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import load_backbone
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.tuning import (
    apply_tuning,
    build_network,
    count_for,
    find_layers,
    mean_pool,
)
from sentiment.recipes import LORA_TARGETS, Recipe, find_recipe, override
from sentiment.training.fit import fit
from sentiment.training.layers import compute_layer_features, measure_layers, save_layers
from tests.support.builders import labelled_examples, tiny_backbone, tiny_decoder

EXAMPLES = labelled_examples()
BUILD: dict[str, Callable[[Path], object]] = {
    "distilbert": lambda folder: tiny_backbone(folder, n_layers=3),
    "gpt2": lambda folder: tiny_decoder(folder, "gpt2", layers=3),
    "llama": lambda folder: tiny_decoder(folder, "llama", layers=3),
}
NORMS = {"gpt2": "ln_f", "llama": "norm"}


@pytest.fixture(params=list(BUILD))
def architecture(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    torch.manual_seed(1)
    BUILD[request.param](tmp_path / "trained" / request.param)
    return str(request.param)


@torch.no_grad()
def _plain_features(architecture: str, layer: int, texts: list[str]) -> torch.Tensor:
    """The mean of a layer by transformers, with the normalization that ends the backbone."""
    backbone = load_backbone(architecture)
    plain = AutoModel.from_pretrained(backbone.folder).eval()
    ids, mask = pad([t.ids for t in TextEncoder(backbone.tokenizer, 32)(texts)], pad_id=0)
    states = plain(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    is_last = layer == len(states) - 1
    norm = getattr(plain, NORMS.get(architecture, ""), torch.nn.Identity())
    return mean_pool(states[layer] if is_last else norm(states[layer]), mask)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_head_reads_the_layer_and_no_other_is_there(architecture: str, layer: int) -> None:
    texts = list(EXAMPLES.texts[:5])
    backbone = load_backbone(architecture)
    network = build_network(backbone, pooling="mean", layer=layer)
    body = getattr(network, network.base_model_prefix)
    ids, mask = pad([t.ids for t in TextEncoder(backbone.tokenizer, 32)(texts)], pad_id=0)
    found = body(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
    expected = _plain_features(architecture, layer, texts)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert len(find_layers(network)) == network.config.num_hidden_layers == layer
    assert backbone.model.config.num_hidden_layers == 3  # the shared backbone stays whole


def test_one_pass_gives_the_features_of_every_layer(architecture: str) -> None:
    backbone = load_backbone(architecture)
    features = compute_layer_features(backbone, EXAMPLES, max_length=32)
    assert sorted({layer for layer, _ in features}) == [0, 1, 2, 3]
    for layer in range(4):
        expected = _plain_features(architecture, layer, list(EXAMPLES.texts))
        np.testing.assert_allclose(features[layer, "mean"], expected, atol=1e-5)


@pytest.mark.parametrize("tuning", ["head", "lora", "full"])
def test_what_is_trained_on_a_layer_is_loaded_with_that_layer(
    architecture: str, tuning: str, tmp_path: Path
) -> None:
    backbone = load_backbone(architecture)
    recipe = Recipe(
        name="own",
        summary="",
        backbone=architecture,
        tuning=tuning,  # type: ignore[arg-type]
        layer=2,
        epochs=1,
        max_length=32,
        lora_targets=LORA_TARGETS[architecture],
        weights_type="float32" if tuning == "full" else "float16",
    )
    output = tmp_path / "trained" / "own"
    fit(recipe, backbone, train=EXAMPLES, evaluation=EXAMPLES, output=output)
    classifier = ClassifierLoader().load("own")
    assert classifier.network.config.num_hidden_layers == 2
    p = score(classifier, EXAMPLES.texts).p_positive
    assert np.isfinite(p).all()
    assert len(set(p.round(6))) > 1
    if tuning != "full":
        (path,) = output.glob("*.safetensors")
        assert {value.dtype for value in load_file(path).values()} == {torch.float16}


def test_a_layer_that_is_not_there_is_refused(architecture: str) -> None:
    with pytest.raises(RecipeError, match=r"layer is 4, but .* has 3 layers. Give 1 to 3\."):
        build_network(load_backbone(architecture), layer=4)
    with pytest.raises(RecipeError, match="layer must be at least 1"):
        Recipe(name="own", summary="", layer=0)


def test_a_lower_layer_has_fewer_parameters() -> None:
    recipe = find_recipe("llama-sst2-head")
    whole, half = count_for(recipe), count_for(override(recipe, layer=8))
    assert whole.backbone == 1_235_814_400
    assert whole.trainable == half.trainable
    assert half.backbone < whole.backbone - 7 * 60_000_000


def test_each_layer_is_measured_and_the_lowest_of_the_best_is_chosen(architecture: str) -> None:
    backbone = load_backbone(architecture)
    found = measure_layers(backbone, EXAMPLES, EXAMPLES, max_length=32)
    assert load_layers(backbone.folder) is None
    save_layers(backbone.folder, found, EXAMPLES, EXAMPLES, max_length=32)
    saved = load_layers(backbone.folder)
    assert saved is not None
    assert list(saved.accuracies) == found
    assert (saved.depth, saved.n_train, saved.n_held_out) == (3, len(EXAMPLES), len(EXAMPLES))
    assert [(own.layer, own.pooling) for own in found[:2]] == [(0, "mean"), (0, "native")]
    assert len(found) == 8
    assert max(own.accuracy for own in found) > 0.5
    equal = [LayerAccuracy(i, "mean", accuracy) for i, accuracy in enumerate([0.9, 0.7, 0.8, 0.8])]
    assert choose_layer(equal).layer == 2


def test_lora_reaches_only_the_layers_that_are_read(architecture: str) -> None:
    recipe = Recipe(name="own", summary="", layer=1, lora_targets=LORA_TARGETS[architecture])
    network = apply_tuning(build_network(load_backbone(architecture), layer=1), recipe)
    adapted = {name for name, _ in network.named_parameters() if ".lora_" in name}
    assert adapted
    assert not {name for name in adapted if ".1." in name}
