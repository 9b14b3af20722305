"""Adapters that others published: where their head, labels and tokenizer come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from sentiment.cli.main import main
from sentiment.errors import CheckpointError
from sentiment.inference.attribution import explain
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.serving.inspection import ModelAddress, inspect_model
from tests.support.builders import tiny_backbone, tiny_decoder, tiny_whole
from tests.support.published import NAMES, TEXTS, change_config, plain_outputs, write_adapter

HEADLESS: dict[str, dict[str, Any]] = {
    "no task type": {},
    "feature extraction": {"task_type": "FEATURE_EXTRACTION"},
    "LoRA on the head": {"target_modules": ["q_lin", "classifier", "pre_classifier"]},
}


def _scores(folder: Path) -> np.ndarray:
    return score(ClassifierLoader("cpu").load(str(folder)), TEXTS).p_positive


@pytest.mark.parametrize("settings", HEADLESS.values(), ids=HEADLESS)
@pytest.mark.parametrize("has_card", [True, False])
def test_an_adapter_without_a_saved_head_is_refused_with_what_to_do(
    tmp_path: Path, settings: dict[str, Any], has_card: bool
) -> None:
    write_adapter(tmp_path / "mine", **settings)
    do = r"Use .*base zero-shot, without the adapter, or train a head"
    if not has_card:
        (tmp_path / "base" / "backbone.json").unlink()
        do = r"Write .* to backbone\.json in .*base: .* a head can be trained"
    said = rf"mine has no trained classification head; .*{do}: .* --backbone .*base --data FILE"
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


@pytest.mark.parametrize("missing", ["pre_classifier", ".classifier", "bias"])
def test_an_adapter_with_a_part_of_its_head_is_refused(tmp_path: Path, missing: str) -> None:
    write_adapter(tmp_path / "mine", task_type="SEQ_CLS")
    weights = tmp_path / "mine" / "adapter_model.safetensors"
    save_file({k: v for k, v in load_file(weights).items() if missing not in k}, weights)
    with pytest.raises(
        CheckpointError, match=r"mine is incomplete: its weights lack [12] tensors, such as "
    ):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


def test_an_adapter_without_a_head_on_a_language_model_is_told_of_zero_shot(tmp_path: Path) -> None:
    base = tiny_decoder(tmp_path / "base")
    write_adapter(tmp_path / "mine", base, target_modules=["c_attn"], fan_in_fan_out=True)
    said = r"Use .*base zero-shot, without the adapter, or train a head: .* --backbone .*base"
    with pytest.raises(CheckpointError, match=said):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


SAVED: dict[str, dict[str, Any]] = {
    "by its task type": {"task_type": "SEQ_CLS"},
    "by name": {"modules_to_save": ["pre_classifier", "classifier"]},
    "rank-stabilized": {"task_type": "SEQ_CLS", "use_rslora": True},
    "weight-decomposed": {"task_type": "SEQ_CLS", "use_dora": True},
}


@pytest.mark.parametrize("settings", SAVED.values(), ids=SAVED)
def test_an_adapter_with_its_head_scores_as_with_peft(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    adapted = write_adapter(tmp_path / "mine", **settings)
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"id2label": NAMES}))
    expected = plain_outputs(adapted, tmp_path / "base", TEXTS).softmax(-1)[:, 1]
    assert _scores(tmp_path / "mine") == pytest.approx(expected.numpy(), abs=1e-6)


@pytest.mark.parametrize(
    "settings",
    [{}, {"target_modules": ["q_lin", "classifier"]}, {"task_type": "SEQ_CLS"}],
    ids=["on the base alone", "LoRA on its head too", "with a head of its own"],
)
def test_the_head_of_a_base_that_is_a_classifier_is_used(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    base = tiny_whole(tmp_path / "base", {0: "POSITIVE", 1: "NEGATIVE"})
    adapted = write_adapter(tmp_path / "mine", base, is_classifier=True, **settings)
    expected = plain_outputs(adapted, base, TEXTS).softmax(-1)[:, 0]
    assert _scores(tmp_path / "mine") == pytest.approx(expected.numpy(), abs=1e-6)


def test_the_head_of_a_base_for_another_task_is_no_head(tmp_path: Path) -> None:
    base = tiny_whole(tmp_path / "base", NAMES)
    config = json.loads((base / "config.json").read_text())
    config["architectures"] = ["DistilBertForTokenClassification"]
    (base / "config.json").write_text(json.dumps(config))
    write_adapter(tmp_path / "mine", base)
    with pytest.raises(CheckpointError, match="has no trained classification head"):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


_GENERIC = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}
LABELS: dict[str, tuple[dict[str, Any], int]] = {
    "in order": ({"id2label": {"0": "neg", "1": "pos"}}, 1),
    "flipped": ({"id2label": {"0": "POSITIVE", "1": "NEGATIVE"}}, 0),
    "by label2id": ({"label2id": {"negative": 0, "positive": 1}}, 1),
    "flipped by label2id": ({"label2id": {"negative": 1, "positive": 0}}, 0),
    "by label2id beside LABEL_n": ({**_GENERIC, "label2id": {"negative": 0, "positive": 1}}, 1),
    "flipped beside LABEL_n": ({**_GENERIC, "label2id": {"negative": 1, "positive": 0}}, 0),
}


@pytest.mark.parametrize(("config", "positive"), LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("kind", ["adapter", "whole"])
def test_the_labels_beside_the_weights_are_obeyed_everywhere(
    tmp_path: Path, kind: str, config: dict[str, Any], positive: int
) -> None:
    folder = tmp_path / "mine"
    if kind == "adapter":
        network: Any = write_adapter(folder, task_type="SEQ_CLS")
        (folder / "config.json").write_text(json.dumps(config))
        tokenizer = tmp_path / "base"
    else:
        tiny_whole(folder, NAMES)
        own = json.loads((folder / "config.json").read_text())
        del own["id2label"], own["label2id"]
        from transformers import AutoModelForSequenceClassification

        network = AutoModelForSequenceClassification.from_pretrained(folder)
        (folder / "config.json").write_text(json.dumps(own | config))
        tokenizer = folder
    expected = plain_outputs(network, tokenizer, TEXTS).softmax(-1)[:, positive].numpy()
    assert _scores(folder) == pytest.approx(expected, abs=1e-6)
    classifier = ClassifierLoader("cpu").load(str(folder))
    for method in ("occlusion", "gradient"):
        found = explain(classifier, TEXTS[1], method=method)  # type: ignore[arg-type]
        assert found.log_odds == pytest.approx(np.log(expected[1] / (1 - expected[1])), abs=1e-4)
    seen = inspect_model(lambda _: None, ModelAddress(str(folder), is_folder=True), ())
    assert seen.is_named
    assert seen.labels[positive].lower().startswith("pos")


@pytest.mark.parametrize("kind", ["adapter", "whole"])
def test_labels_that_contradict_each_other_are_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    if kind == "adapter":
        write_adapter(folder, task_type="SEQ_CLS")
        (folder / "config.json").write_text("{}")
    else:
        tiny_whole(folder, NAMES)
    turned = {name: 1 - number for number, name in NAMES.items()}
    change_config(folder, id2label=NAMES, label2id=turned)
    with pytest.raises(CheckpointError, match="POSITIVE by id2label and NEGATIVE by label2id"):
        ClassifierLoader("cpu").load(str(folder))


def test_generic_names_beside_an_adapter_give_way_to_those_of_its_base(tmp_path: Path) -> None:
    base = tiny_whole(tmp_path / "base", {0: "POSITIVE", 1: "NEGATIVE"})
    write_adapter(tmp_path / "mine", base, is_classifier=True)
    (tmp_path / "mine" / "config.json").write_text(json.dumps(_GENERIC))
    classifier = ClassifierLoader("cpu").load(str(tmp_path / "mine"))
    assert classifier.labels == ("POSITIVE", "NEGATIVE")  # type: ignore[attr-defined]


def test_an_adapter_of_another_number_of_labels_names_both(tmp_path: Path) -> None:
    write_adapter(tmp_path / "mine", labels=3, task_type="SEQ_CLS")
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"id2label": NAMES}))
    with pytest.raises(CheckpointError, match=r"head has 3 outputs, .* names 2 labels"):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


def test_an_adapter_without_a_tokenizer_takes_that_of_its_base(tmp_path: Path) -> None:
    write_adapter(tmp_path / "mine", task_type="SEQ_CLS")
    loader = ClassifierLoader("cpu")
    own = loader.load(str(tmp_path / "mine")).tokenize(TEXTS)
    assert own == loader.load(str(tmp_path / "base")).tokenize(TEXTS)


@pytest.mark.parametrize("settings", [{}, {"modules_to_save": ["word_embeddings"]}])
def test_added_tokens_of_an_adapter_are_read_and_leave_its_base_alone(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    base = tiny_backbone(tmp_path / "base")
    loader = ClassifierLoader("cpu")
    before = score(loader.load(str(base)), TEXTS).p_positive
    torch.manual_seed(7)
    network = AutoModelForSequenceClassification.from_pretrained(base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(["moviegoers", "blockbuster"])
    network.resize_token_embeddings(len(tokenizer))
    lora = LoraConfig(task_type="SEQ_CLS", target_modules=["q_lin"], **settings)
    adapted = get_peft_model(network, lora).eval()
    with torch.no_grad():
        adapted.get_input_embeddings().weight.add_(0.1)
    adapted.save_pretrained(str(tmp_path / "mine"), save_embedding_layers=True)
    tokenizer.save_pretrained(tmp_path / "mine")
    (tmp_path / "mine" / "README.md").unlink(missing_ok=True)
    config = tmp_path / "mine" / "adapter_config.json"
    stored = json.loads(config.read_text()) | {"base_model_name_or_path": str(base)}
    config.write_text(json.dumps(stored))
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"id2label": NAMES}))
    texts = [*TEXTS, "moviegoers made a blockbuster ."]
    expected = plain_outputs(adapted, tmp_path / "mine", texts).softmax(-1)[:, 1]
    found = score(loader.load(str(tmp_path / "mine")), texts).p_positive
    assert found == pytest.approx(expected.numpy(), abs=1e-6)
    assert score(loader.load(str(base)), TEXTS).p_positive == pytest.approx(before, abs=0)


@pytest.mark.parametrize(
    "named", ["/home/somebody/models/bert", "./out/checkpoint-5", "C:\\models\\bert", "a/b/c"]
)
def test_a_base_on_the_disk_of_its_author_is_named_and_can_be_said(
    tmp_path: Path, named: str
) -> None:
    write_adapter(tmp_path / "mine", task_type="SEQ_CLS")
    expected = _scores(tmp_path / "mine")
    change_config(tmp_path / "mine", "adapter_config.json", base_model_name_or_path=named)
    loader = ClassifierLoader("cpu")
    with pytest.raises(
        CheckpointError, match=r"not on this machine\. Say where .* --base FOLDER"
    ) as said:
        loader.load(str(tmp_path / "mine"))
    assert named in str(said.value).replace("\\\\", "\\")
    classifier = loader.load(str(tmp_path / "mine"), base=str(tmp_path / "base"))
    assert score(classifier, TEXTS).p_positive == pytest.approx(expected, abs=1e-6)


def test_the_base_is_said_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_adapter(tmp_path / "mine", task_type="SEQ_CLS")
    change_config(tmp_path / "mine", "adapter_config.json", base_model_name_or_path="/gone")
    call = ["prompt", str(tmp_path / "mine"), "a great film"]
    assert main(call) == 2
    assert "'/gone'" in capsys.readouterr().err
    assert main([*call, "--base", str(tmp_path / "base")]) == 0
