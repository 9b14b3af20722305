from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertForMaskedLM

from sentiment.errors import RecipeError
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.encoding import pad
from sentiment.models.tuning import (
    apply_tuning,
    build_network,
    count_parameters,
    head_modules,
    plain_network,
)
from sentiment.pretraining.miniatures import Architecture
from sentiment.recipes import Recipe
from tests.support.builders import tiny_backbone, tiny_bert, tiny_decoder, tiny_tokenizer


@pytest.fixture
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone("tiny")


def _recipe(**settings: object) -> Recipe:
    return Recipe(name="t", summary="t", backbone="tiny", **settings)


def test_a_network_is_what_transformers_would_build(backbone: Backbone) -> None:
    network = build_network(backbone)
    plain = AutoModelForSequenceClassification.from_pretrained(backbone.folder)
    assert [n for n, _ in network.named_parameters()] == [n for n, _ in plain.named_parameters()]
    assert list(head_modules(network)) == ["pre_classifier", "classifier"]
    assert network.config.id2label == {0: "negative", 1: "positive"}
    assert network.config.pad_token_id == 0


def test_a_new_head_is_drawn_from_the_seed(backbone: Backbone) -> None:
    heads = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        heads.append(build_network(backbone).classifier.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    assert 0.05 < float(heads[0].detach().std()) < 0.5  # initializer_range is 0.2


def test_mean_pooling_hands_the_head_the_mean_of_real_tokens(backbone: Backbone) -> None:
    torch.manual_seed(0)
    native = build_network(backbone)
    torch.manual_seed(0)
    mean = build_network(backbone, pooling="mean")
    ids = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]])
    mask = (ids != 0).long()
    states = backbone.model(input_ids=ids, attention_mask=mask).last_hidden_state
    pooled = torch.stack([states[0].mean(dim=0), states[1, :3].mean(dim=0)])
    expected = native.classifier(native.pre_classifier(pooled).relu())
    assert torch.allclose(mean(input_ids=ids, attention_mask=mask).logits, expected, atol=1e-6)
    assert not torch.allclose(native(input_ids=ids, attention_mask=mask).logits, expected)


def test_head_tuning_trains_the_head_and_silences_the_backbones_dropout(
    backbone: Backbone,
) -> None:
    network = apply_tuning(build_network(backbone), _recipe(tuning="head"))
    trained = {n.split(".")[0] for n, p in network.named_parameters() if p.requires_grad}
    assert trained == {"pre_classifier", "classifier"}
    ids = torch.tensor([[2, 7, 8, 3]])
    body = network.train().distilbert
    states = [body(input_ids=ids).last_hidden_state for _ in range(2)]
    assert torch.equal(states[0], states[1])


def test_lora_trains_the_adapter_and_the_head_and_leaves_the_backbone(backbone: Backbone) -> None:
    before = {n: p.clone() for n, p in backbone.model.named_parameters()}
    network = apply_tuning(build_network(backbone), _recipe(lora_rank=2, lora_alpha=4))
    for name, parameter in network.named_parameters():
        expected = ".lora_" in name or ".modules_to_save." in name
        assert parameter.requires_grad == expected, name
    assert all(torch.equal(p, before[n]) for n, p in backbone.model.named_parameters())


@pytest.mark.parametrize(
    ("architecture", "target"), [("distilbert", "q_lin"), ("gpt2", "c_attn"), ("llama", "q_proj")]
)
def test_the_backbones_dropout_can_be_set(tmp_path: Path, architecture: str, target: str) -> None:
    make = tiny_backbone if architecture == "distilbert" else tiny_decoder
    given = {} if architecture == "distilbert" else {"architecture": architecture}
    backbone = load_backbone(str(make(tmp_path / "tiny", **given)))
    ids = torch.tensor([[5, 6, 7, 8]])
    for dropout, is_noisy in ((0.0, False), (0.5, True)):
        recipe = _recipe(dropout=dropout, lora_dropout=0.0, lora_targets=(target,))
        plain = plain_network(apply_tuning(build_network(backbone), recipe).train())
        body = getattr(plain, plain.base_model_prefix)
        first, second = (body(input_ids=ids).last_hidden_state for _ in range(2))
        assert torch.equal(first, second) is not is_noisy


def test_parameters_are_counted_once_each(backbone: Backbone) -> None:
    own = sum(p.numel() for p in backbone.model.parameters())
    head = 16 * 16 + 16 + 16 * 2 + 2
    layer = 4 * 2 * (16 + 16) + 2 * 2 * (16 + 32)  # rank 2 on four 16x16 and two 16x32 matrices
    count = count_parameters(apply_tuning(build_network(backbone), _recipe(lora_rank=2)))
    assert (count.backbone, count.trainable) == (own, 2 * layer + head)
    assert count.total == own + 2 * layer + head
    count = count_parameters(apply_tuning(build_network(backbone), _recipe(tuning="head")))
    assert (count.backbone, count.total, count.trainable) == (own, own + head, head)


def test_lora_targets_that_do_not_exist_are_refused(backbone: Backbone) -> None:
    with pytest.raises(RecipeError, match=r"called c_attn\. Linear layers found: .*q_lin"):
        apply_tuning(build_network(backbone), _recipe(lora_targets=("c_attn",)))


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_decoders_head_reads_the_last_token_whatever_the_padding(
    tmp_path: Path, architecture: Architecture
) -> None:
    tiny_decoder(tmp_path / "trained" / "tiny", architecture)
    backbone = load_backbone("tiny")
    network = build_network(backbone)
    rows = [[7, 8, 9, 10], [20, 21]]
    ids, mask = pad(rows, pad_id=network.config.pad_token_id)
    logits = network(input_ids=ids, attention_mask=mask).logits
    for row, logit in zip(rows, logits, strict=True):
        state = backbone.model(input_ids=torch.tensor([row])).last_hidden_state[0, -1]
        assert torch.allclose(network.score(state), logit, atol=1e-4)


def test_lora_of_rank_8_on_c_attn_counts_as_published(tmp_path: Path) -> None:
    tiny_decoder(tmp_path / "trained" / "tiny")
    recipe = _recipe(lora_rank=8, lora_alpha=16, lora_targets=("c_attn",))
    count = count_parameters(apply_tuning(build_network(load_backbone("tiny")), recipe))
    assert count.trainable == 8 * (16 + 3 * 16) + 2 * 16  # one layer, width 16; head without bias


def test_a_head_that_would_read_a_random_pooler_is_refused(tmp_path: Path) -> None:
    tiny_tokenizer(tmp_path / "bert")
    BertForMaskedLM(tiny_bert().config).save_pretrained(tmp_path / "bert")  # holds no pooler
    masked = load_backbone(str(tmp_path / "bert"))
    assert masked.lacks_pooler
    with pytest.raises(RecipeError, match=r"reads a pooler, which .* does not hold"):
        build_network(masked)
    build_network(masked, pooling="mean")
    tiny_bert().save_pretrained(tmp_path / "bert")
    build_network(load_backbone(str(tmp_path / "bert")))
