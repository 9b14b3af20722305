from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from sentiment.errors import CheckpointError
from sentiment.pretraining.convert import (
    TOLERANCE,
    convert_bert,
    convert_folder,
    largest_difference,
)
from tests.support.builders import tiny_bert, tiny_tokenizer


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_converted_network_computes_the_same_hidden_states(seed: int) -> None:
    bert = tiny_bert(seed)
    assert largest_difference(bert, convert_bert(bert), seed=seed) <= TOLERANCE


def test_leaving_the_token_type_out_would_be_noticed() -> None:
    bert = tiny_bert()
    distilbert = convert_bert(bert)
    with torch.no_grad():
        distilbert.embeddings.position_embeddings.weight.sub_(
            bert.embeddings.token_type_embeddings.weight[0]
        )
    assert largest_difference(bert, distilbert) > 100 * TOLERANCE


def test_a_network_without_an_exact_twin_is_refused() -> None:
    bert = tiny_bert()
    bert.config.layer_norm_eps = 1e-5
    with pytest.raises(CheckpointError, match="layer_norm_eps 1e-12"):
        convert_bert(bert)


@pytest.fixture
def bert_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bert"
    tiny_bert().save_pretrained(folder)
    tiny_tokenizer(folder)
    return folder


def test_a_converted_folder_is_float16_and_loads_with_plain_transformers(
    bert_folder: Path, tmp_path: Path
) -> None:
    convert_folder(
        str(bert_folder), tmp_path / "out", name="out", license_id="mit", origin="owner/bert"
    )
    model = AutoModel.from_pretrained(tmp_path / "out")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert (model.dtype, model.config.model_type) == (torch.float16, "distilbert")
    assert set(tokenizer("a great film")) == {"input_ids", "attention_mask"}


def test_the_card_names_source_licence_and_what_was_measured(
    bert_folder: Path, tmp_path: Path
) -> None:
    convert_folder(
        str(bert_folder), tmp_path / "out", name="out", license_id="mit", origin="owner/bert"
    )
    card = json.loads((tmp_path / "out" / "backbone.json").read_text())
    assert card["source"] == "owner/bert"
    assert card["conversion"]["largest_hidden_state_difference"] <= TOLERANCE
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "owner/bert" in readme
    assert "license: mit" in readme


def test_an_existing_output_is_left_alone(bert_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(CheckpointError, match="exists"):
        convert_folder(str(bert_folder), tmp_path / "out", name="out", license_id="mit")


def test_another_architecture_is_refused(backbone_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no BERT encoder"):
        convert_folder(str(backbone_folder), tmp_path / "out", name="out", license_id="mit")
