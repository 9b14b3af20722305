"""Whole classifiers that others published: tokenizer, padding, end of the text, weights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from sentiment.cli.main import main
from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from tests.support.builders import WORDS, tiny_backbone, tiny_decoder, tiny_whole
from tests.support.published import (
    NAMES,
    SHAPES,
    TEXTS,
    change_config,
    frame_texts,
    plain_outputs,
    write_adapter,
    write_classifier,
)


def _scores(folder: Path, texts: list[str]) -> np.ndarray:
    return score(ClassifierLoader("cpu").load(str(folder)), texts).p_positive


@pytest.mark.parametrize("architecture", SHAPES)
def test_every_architecture_scores_as_with_transformers_alone_or_in_a_batch(
    tmp_path: Path, architecture: str
) -> None:
    network = write_classifier(tmp_path / "mine", architecture)
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)[:, 1].numpy()
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected, abs=1e-5)
    alone = [float(_scores(tmp_path / "mine", [text])[0]) for text in TEXTS]
    assert alone == pytest.approx(expected, abs=1e-5)
    assert np.ptp(expected) > 1e-3, "the texts would score alike"


STORED: dict[str, Any] = {
    "float16": lambda network, folder: network.half().save_pretrained(folder),
    "bfloat16": lambda network, folder: network.bfloat16().save_pretrained(folder),
    "sharded": lambda network, folder: network.save_pretrained(folder, max_shard_size="4KB"),
}


@pytest.mark.parametrize("store", STORED.values(), ids=STORED)
def test_weights_are_read_in_every_form(tmp_path: Path, store: Any) -> None:
    network = write_classifier(tmp_path / "mine", "bert")
    (tmp_path / "mine" / "model.safetensors").unlink()
    store(network, tmp_path / "mine")
    expected = plain_outputs(network.float(), tmp_path / "mine", TEXTS).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)


def test_a_vocabulary_alone_is_a_tokenizer(tmp_path: Path) -> None:
    write_classifier(tmp_path / "mine", "bert")
    expected = _scores(tmp_path / "mine", TEXTS)
    vocabulary = AutoTokenizer.from_pretrained(tmp_path / "mine").get_vocab()
    for path in (tmp_path / "mine").glob("tokenizer*"):
        path.unlink()
    words = sorted(vocabulary, key=lambda word: vocabulary[word])
    (tmp_path / "mine" / "vocab.txt").write_text("\n".join(words) + "\n")
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kept", [[], ["tokenizer_config.json"]], ids=["none", "settings alone"])
@pytest.mark.parametrize("kind", ["whole", "backbone", "decoder", "adapter"])
def test_a_model_without_a_vocabulary_is_refused(
    tmp_path: Path, kind: str, kept: list[str]
) -> None:
    folder = tmp_path / "mine"
    if kind == "adapter":  # its base has none either
        write_adapter(folder, tiny_backbone(tmp_path / "base"), task_type="SEQ_CLS")
    else:
        {"backbone": tiny_backbone, "decoder": tiny_decoder}.get(
            kind, lambda path: tiny_whole(path, NAMES)
        )(folder)
    for path in tmp_path.glob("*/*"):
        if path.name.startswith(("tokenizer", "vocab", "special")) and path.name not in kept:
            path.unlink()
    said = r"has no usable tokenizer: its folder holds no vocabulary, .* Copy the files"
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(folder))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_labels_judged_apart_are_made_comparable(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    names = {index: ("negative", "positive")[label] for index, label in enumerate(order)}
    network = write_classifier(
        tmp_path / "mine", "bert", names, problem_type="multi_label_classification"
    )
    apart = plain_outputs(network, tmp_path / "mine", TEXTS).sigmoid()
    negative, positive = (apart[:, order.index(label)] for label in (0, 1))
    expected = positive / (positive + negative)
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-6)


LEFT: dict[str, dict[str, Any]] = {
    "xlnet": {},
    "gpt2": {},
    "llama": {},
    "bert": {},
    "t5": {"max_position_embeddings": -1},
}


@pytest.mark.parametrize(("architecture", "settings"), LEFT.items())
def test_padding_on_the_left_changes_no_score_and_nothing_that_fits_is_cut(
    tmp_path: Path, architecture: str, settings: dict[str, Any]
) -> None:
    network = write_classifier(tmp_path / "mine", architecture, **settings)
    change_config(tmp_path / "mine", "tokenizer_config.json", padding_side="left")
    texts = [*TEXTS, " ".join(["great story"] * 15)]
    expected = plain_outputs(network, tmp_path / "mine", texts).softmax(-1)[:, 1].numpy()
    scores = score(ClassifierLoader("cpu").load(str(tmp_path / "mine")), texts)
    assert scores.tokens_read.tolist() == scores.tokens_total.tolist()
    assert scores.p_positive == pytest.approx(expected, abs=1e-5)
    alone = [float(_scores(tmp_path / "mine", [text])[0]) for text in texts]
    assert alone == pytest.approx(scores.p_positive, abs=1e-5)


def test_token_types_of_special_tokens_are_given_to_the_network(tmp_path: Path) -> None:
    network = write_classifier(tmp_path / "mine", "xlnet")
    names = ["input_ids", "token_type_ids", "attention_mask"]
    frame_texts(tmp_path / "mine", "$A:0 [SEP]:0 [CLS]:2", model_input_names=names)
    expected = plain_outputs(network, tmp_path / "mine", TEXTS, return_token_type_ids=True).softmax(
        -1
    )[:, 1]
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "opt", "bloom"])
@pytest.mark.parametrize("has_pad", [True, False])
def test_a_text_that_ends_in_the_padding_token_is_read_to_its_end(
    tmp_path: Path, architecture: str, has_pad: bool
) -> None:
    eos = WORDS.index("great") + 5  # a word of the texts, so that they end in it
    network = write_classifier(tmp_path / "mine", architecture, pad_token_id=None)
    change_config(tmp_path / "mine", pad_token_id=eos if has_pad else None, eos_token_id=eos)
    frame_texts(tmp_path / "mine", "$A", pad_token="great", eos_token="great")
    texts = ["it was great", "dull", "a film great great", "great"]
    expected = plain_outputs(network, tmp_path / "mine", texts).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine", texts) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind", ["whole", "backbone", "decoder", "adapter", "base", "half"])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, kind: str, value: float) -> None:
    folder = tmp_path / "mine"
    if kind in ("adapter", "base"):
        write_adapter(folder, task_type="SEQ_CLS")
    else:
        {"backbone": tiny_backbone, "decoder": tiny_decoder}.get(
            kind, lambda path: tiny_whole(path, NAMES)
        )(folder)
    (weights,) = (tmp_path / "base" if kind == "base" else folder).glob("*.safetensors")
    state = load_file(weights)
    if kind == "half":
        state = {name: tensor.half() for name, tensor in state.items()}
    next(
        tensor
        for name, tensor in state.items()
        if "lin" in name or "lora" in name or "c_fc" in name
    ).view(-1)[3] = value
    parts = ("lin", "lora", "c_fc")
    found = next(own for name, own in state.items() if any(part in name for part in parts))
    found.view(-1)[3] = value
    save_file(state, weights, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"weights that are not finite .* not numbers"):
        ClassifierLoader("cpu").load(str(folder))


OFFSETS: dict[str, tuple[str, dict[str, Any], int]] = {
    "roberta": ("roberta", {"pad_token_id": 1}, 30),
    "padding at 0": ("roberta", {"pad_token_id": 0}, 31),
    "xlm-roberta": ("xlm-roberta", {"pad_token_id": 1}, 30),
    "camembert": ("camembert", {"pad_token_id": 1}, 30),
    "mpnet": ("mpnet", {"pad_token_id": 1}, 30),
    "bert": ("bert", {"pad_token_id": 1}, 32),
    "bart": ("bart", {"pad_token_id": 1}, 32),
    "opt": ("opt", {"pad_token_id": 1}, 32),
}


@pytest.mark.parametrize(("architecture", "settings", "read"), OFFSETS.values(), ids=OFFSETS)
def test_a_long_text_fills_the_positions_and_no_more(
    tmp_path: Path, architecture: str, settings: dict[str, Any], read: int
) -> None:
    write_classifier(tmp_path / "mine", architecture, **settings)
    scores = score(ClassifierLoader("cpu").load(str(tmp_path / "mine")), ["a film " * 40, "a"])
    assert scores.tokens_read.tolist() == [read, 3]
    assert np.isfinite(scores.p_positive).all()


@pytest.mark.parametrize("architecture", SHAPES)
def test_special_tokens_inside_a_text_lose_no_text(tmp_path: Path, architecture: str) -> None:
    network = write_classifier(tmp_path / "mine", architecture)
    texts = [*TEXTS, "a great film . [SEP] a dull film .", "[CLS] a", "[SEP] [SEP]", "a [PAD] film"]
    found = _scores(tmp_path / "mine", texts)
    alone = [float(_scores(tmp_path / "mine", [text])[0]) for text in texts]
    assert found == pytest.approx(alone, abs=1e-5)
    kept = [text for text in texts if "PAD" not in text]  # transformers takes it for padding
    expected = plain_outputs(network, tmp_path / "mine", kept).softmax(-1)[:, 1]
    assert found[: len(kept)] == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("kind", ["whole", "backbone", "decoder", "adapter"])
def test_tokens_without_an_embedding_are_refused_with_both_numbers(
    tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "mine"
    if kind == "adapter":
        write_adapter(folder, task_type="SEQ_CLS")
        AutoTokenizer.from_pretrained(tmp_path / "base").save_pretrained(folder)
    else:
        {"backbone": tiny_backbone, "decoder": tiny_decoder}.get(
            kind, lambda path: tiny_whole(path, NAMES)
        )(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = len(tokenizer)
    tokenizer.add_tokens(["moviegoers", "blockbuster", "screenplay"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(CheckpointError, match=f"has {rows + 3} tokens, .* {rows} rows"):
        ClassifierLoader("cpu").load(str(folder))


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "bert"])
def test_a_padding_token_of_minus_one_is_none(tmp_path: Path, architecture: str) -> None:
    network = write_classifier(tmp_path / "mine", architecture, pad_token_id=None)
    change_config(tmp_path / "mine", pad_token_id=-1)
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_the_prefix_of_a_wrapper_is_removed(tmp_path: Path, architecture: str, prefix: str) -> None:
    network = write_classifier(tmp_path / "mine", architecture)
    weights = tmp_path / "mine" / "model.safetensors"
    state = {f"{prefix}{name}": value for name, value in load_file(weights).items()}
    save_file(state, weights, metadata={"format": "pt"})
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "gpt2", "deberta-v2"])
def test_a_head_of_another_size_than_described_names_both_numbers(
    tmp_path: Path, architecture: str
) -> None:
    write_classifier(tmp_path / "mine", architecture, {0: "neg", 1: "neu", 2: "pos"})
    change_config(tmp_path / "mine", id2label=NAMES, label2id=None, num_labels=None)
    with pytest.raises(CheckpointError, match=r"has 3 outputs, .* describes 2 labels"):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


@pytest.mark.parametrize("key", ["_attn_implementation", "attn_implementation"])
@pytest.mark.parametrize("asked", ["flash_attention_2", "flash_attention_3"])
def test_flash_attention_that_is_not_here_is_replaced_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, asked: str, key: str
) -> None:
    network = write_classifier(tmp_path / "mine", "llama")
    change_config(tmp_path / "mine", **{key: asked})
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine", TEXTS) == pytest.approx(expected.numpy(), abs=1e-5)
    assert f"mine asks for {asked}, which is not here: sdpa is used instead." in caplog.text


LACKING: dict[str, tuple[str, str, str]] = {
    "a layer": ("distilbert", "layer.1.", r"16 tensors, such as distilbert\.transformer\.layer\.1"),
    "a layer of BERT": ("bert", "layer.1.", r"16 tensors, such as bert\.encoder\.layer\.1"),
    "a bias of the head": ("distilbert", "classifier.bias", "2 tensors, such as classifier"),
    "a part of the head": ("distilbert", "pre_classifier", r"2 tensors, such as pre_classifier\."),
    "a layer and the head": ("bert", ".1.|classifier", "18 tensors, such as bert"),
    "the embedding": ("gpt2", "wte", r"1 tensors, such as transformer\.wte"),
}


def _write_any(folder: Path, architecture: str) -> Path:
    if architecture == "distilbert":
        tiny_whole(folder, NAMES)
    else:
        write_classifier(folder, architecture)
    return folder / "model.safetensors"


@pytest.mark.parametrize(("architecture", "lacks", "said"), LACKING.values(), ids=LACKING)
def test_weights_that_are_missing_are_named(
    tmp_path: Path, architecture: str, lacks: str, said: str
) -> None:
    weights = _write_any(tmp_path / "mine", architecture)
    kept = {n: own for n, own in load_file(weights).items() if not re.search(lacks, n)}
    save_file(kept, weights, metadata={"format": "pt"})
    said = f"mine is incomplete: its weights lack {said}.* download its files again"
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


@pytest.mark.parametrize("architecture", ["distilbert", "bert"])
def test_weights_under_an_unknown_prefix_are_named(tmp_path: Path, architecture: str) -> None:
    weights = _write_any(tmp_path / "mine", architecture)
    state = {f"net.{name}": own for name, own in load_file(weights).items()}
    save_file(state, weights, metadata={"format": "pt"})
    said = rf"is incomplete: .* hold {len(state)} of unknown names instead, such as net\."
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


@pytest.mark.parametrize("architecture", ["distilbert", "bert", "roberta", "gpt2", "t5"])
def test_a_classifier_without_any_head_is_told_how_to_train_one(
    tmp_path: Path, architecture: str
) -> None:
    weights = _write_any(tmp_path / "mine", architecture)
    head = re.compile("classifi|score|pooler")
    kept = {name: own for name, own in load_file(weights).items() if not head.search(name)}
    save_file(kept, weights, metadata={"format": "pt"})
    said = (
        "has no trained classification head; .* train distilbert-mini-sst2-head --backbone .*mine"
    )
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


def test_what_a_classifier_without_a_head_is_told_works(
    tmp_path: Path,
) -> None:
    (tiny_backbone(tmp_path / "mine") / "backbone.json").unlink()
    with pytest.raises(CheckpointError, match="has no trained classification head") as refused:
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))
    (content,) = re.findall(r"\{.*\}", str(refused.value))
    command = str(refused.value).split("python -m sentiment ")[1]
    (tmp_path / "mine" / "backbone.json").write_text(content)
    assert ClassifierLoader("cpu").load(str(tmp_path / "mine")).kind == "zero-shot"
    rows = "\n".join(f"a {word} film {i},{i % 2}" for i in range(20) for word in [WORDS[i % 2]])
    (tmp_path / "in.csv").write_text(f"text,label\n{rows}\n")
    words = command.replace("FILE", str(tmp_path / "in.csv")).split()
    words += ["--output", str(tmp_path / "out"), "--epochs", "1", "--max-length", "32"]
    assert main(words) == 0
    assert ClassifierLoader("cpu").load(str(tmp_path / "out")).kind == "fine-tuned"
