"""Training a head on remembered features: the same numbers as through the backbone, and faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from sentiment.errors import RecipeError
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.encoding import pad
from sentiment.models.tuning import build_network
from sentiment.training import frozen
from sentiment.training.frozen import (
    FeatureDataset,
    HeadOnFeatures,
    compute_features,
    feature_key,
    load_features,
)
from tests.support.builders import (
    VOCABULARY,
    labelled_examples,
    tiny_backbone,
    tiny_decoder,
    tiny_tokenizer,
)

EXAMPLES = labelled_examples()


def _bert(folder: Path) -> None:
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    size = {"vocab_size": VOCABULARY, "max_position_embeddings": 32, "intermediate_size": 32}
    BertModel(BertConfig(**shape, **size, pad_token_id=0)).save_pretrained(folder)
    tiny_tokenizer(folder)


BUILD: dict[str, Callable[[Path], object]] = {
    "distilbert": tiny_backbone,
    "gpt2": lambda folder: tiny_decoder(folder, "gpt2"),
    "llama": lambda folder: tiny_decoder(folder, "llama"),
    "bert": _bert,
}


@pytest.fixture(
    params=[(name, "native") for name in BUILD]
    + [("distilbert", "mean"), ("gpt2", "mean"), ("bert", "mean")]
)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Backbone, str]:
    name, pooling = request.param
    torch.manual_seed(1)
    BUILD[name](tmp_path / "trained" / name)
    return load_backbone(name), pooling


def _through_the_backbone(
    backbone: Backbone, pooling
) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(7)
    network = build_network(backbone, pooling=pooling)
    texts = backbone.tokenizer(list(EXAMPLES.texts))["input_ids"]
    return network, *pad(texts, pad_id=network.config.pad_token_id)


def test_features_give_the_logits_of_the_whole_network(case: tuple[Backbone, str]) -> None:
    backbone, pooling = case
    network, ids, mask = _through_the_backbone(backbone, pooling)
    expected = network(input_ids=ids, attention_mask=mask).logits
    features = compute_features(backbone, EXAMPLES, max_length=32, pooling=pooling)
    head = HeadOnFeatures(network)
    assert torch.allclose(head(features).logits, expected, atol=1e-5)
    released = head.release()
    assert torch.allclose(released(input_ids=ids, attention_mask=mask).logits, expected, atol=1e-6)


def test_the_same_steps_on_features_give_the_same_head(case: tuple[Backbone, str]) -> None:
    backbone, pooling = case
    labels = torch.from_numpy(EXAMPLES.labels)
    heads = []
    for is_cached in (False, True):
        network, ids, mask = _through_the_backbone(backbone, pooling)
        network.eval()
        if is_cached:
            features = compute_features(backbone, EXAMPLES, max_length=32, pooling=pooling)
            model = HeadOnFeatures(network)
        trained = [p for p in network.parameters() if p.requires_grad]
        start = [p.detach().clone() for p in trained]
        optimizer = torch.optim.AdamW(trained, lr=0.01)
        for step in range(6):
            rows = torch.arange(step * 10, step * 10 + 10)
            loss = (
                model(features=features[rows], labels=labels[rows])
                if is_cached
                else network(input_ids=ids[rows], attention_mask=mask[rows], labels=labels[rows])
            ).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        heads.append(trained)
        assert any((p - s).abs().max() > 0.01 for p, s in zip(trained, start, strict=True))
    for without, with_cache in zip(*heads, strict=True):
        assert torch.allclose(without, with_cache, atol=1e-4)


@pytest.mark.parametrize("name", BUILD)
def test_the_mean_is_not_what_the_architecture_reads_by_itself(tmp_path: Path, name: str) -> None:
    BUILD[name](tmp_path / "trained" / name)
    backbone = load_backbone(name)
    native, mean = (
        compute_features(backbone, EXAMPLES, max_length=32, pooling=pooling)
        for pooling in ("native", "mean")
    )
    assert not torch.allclose(native, mean, atol=1e-3)


def test_a_head_that_reads_something_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "trained" / "roberta"
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    size = {"vocab_size": VOCABULARY, "max_position_embeddings": 40, "intermediate_size": 32}
    RobertaModel(RobertaConfig(**shape, **size, pad_token_id=0)).save_pretrained(folder)
    tiny_tokenizer(folder)
    with pytest.raises(RecipeError, match="cannot be trained on features alone"):
        compute_features(load_backbone("roberta"), EXAMPLES, max_length=32, pooling="native")


def test_features_are_computed_once(backbone_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = load_backbone("tiny")
    first = load_features(backbone, EXAMPLES, max_length=32, pooling="mean")
    monkeypatch.setattr(frozen, "compute_features", None)
    again = load_features(backbone, EXAMPLES, max_length=32, pooling="mean")
    assert torch.equal(first, again)


def test_damaged_features_are_computed_again(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    first = load_features(backbone, EXAMPLES, max_length=32, pooling="mean")
    (path,) = (backbone_folder.parent / ".features").glob("*.npy")
    path.write_bytes(path.read_bytes()[:200])
    assert torch.equal(load_features(backbone, EXAMPLES, max_length=32, pooling="mean"), first)


def test_the_key_changes_with_everything_the_features_depend_on(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    plain = {"max_length": 32, "pooling": "mean"}
    keys = {
        feature_key(backbone, EXAMPLES, **plain),
        feature_key(backbone, EXAMPLES, **{**plain, "max_length": 16}),
        feature_key(backbone, EXAMPLES, **{**plain, "pooling": "native"}),
        feature_key(backbone, replace(EXAMPLES, texts=EXAMPLES.texts[::-1]), **plain),
    }
    tokenizer = backbone_folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    keys.add(feature_key(backbone, EXAMPLES, **plain))
    tiny_backbone(backbone_folder, seed=3)
    keys.add(feature_key(load_backbone("tiny"), EXAMPLES, **plain))
    assert len(keys) == 6


def test_rows_come_a_batch_at_a_time() -> None:
    rows = FeatureDataset(torch.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1]))
    batch = rows.__getitems__([3, 1])
    assert batch["features"].tolist() == [[6.0, 7.0], [2.0, 3.0]]
    assert batch["labels"].tolist() == [1, 1]
    assert len(rows) == 4
    assert rows[2]["labels"] == 0
