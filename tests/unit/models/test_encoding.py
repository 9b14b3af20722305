from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from sentiment.errors import CheckpointError
from sentiment.models.encoding import TextEncoder, head_tail_truncate, move_padding, pad
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.templates import TEMPLATES
from tests.support.builders import tiny_decoder, tiny_masked_lm

PROMPTS = [template for template in TEMPLATES.values() if template.kind == "prompt"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory):
    return AutoTokenizer.from_pretrained(tiny_decoder(tmp_path_factory.mktemp("m") / "tiny"))


def test_what_fits_is_kept_whole() -> None:
    assert head_tail_truncate([1, 2, 3], 3) == [1, 2, 3]


@given(st.lists(st.integers(), min_size=1, max_size=40), st.integers(1, 39))
def test_a_cut_keeps_the_beginning_and_the_end(ids: list[int], room: int) -> None:
    kept = head_tail_truncate(ids, room)
    assert len(kept) == min(room, len(ids))
    if len(ids) > room:
        head = room // 4
        assert kept == ids[:head] + ids[-(room - head) :]


def test_a_long_text_says_how_much_was_read(tokenizer) -> None:
    (long,) = TextEncoder(tokenizer, 8)(["a great film " * 20])
    whole = tokenizer("a great film " * 20)["input_ids"]
    assert (len(long.ids), long.total) == (8, len(whole))
    assert long.ids == whole[:2] + whole[-6:]


@pytest.mark.parametrize("template", PROMPTS, ids=lambda template: template.name)
def test_a_short_text_is_read_as_running_text(tokenizer, template) -> None:
    encoder = TemplateEncoder(tokenizer, template, 64)
    (read,) = encoder(["a great film ."])
    assert read.ids == tokenizer(template.fill("a great film ."))["input_ids"]


@pytest.mark.parametrize("template", PROMPTS, ids=lambda template: template.name)
@settings(max_examples=40)
@given(text=st.text(max_size=300) | st.just("{mask} {text} " * 9))
def test_whatever_the_text_the_template_is_never_cut(tokenizer, template, text: str) -> None:
    fixed = len(tokenizer(template.fill(""))["input_ids"])
    limit = fixed + 6
    (read,) = TemplateEncoder(tokenizer, template, limit)([text])
    assert len(read.ids) <= limit
    words = tokenizer.decode(read.ids)
    before, after = template.around()
    assert words.startswith(before.lower())
    assert words.endswith(after.lower())


def test_a_template_longer_than_the_network_is_refused(tokenizer) -> None:
    with pytest.raises(CheckpointError, match="'zhao' alone fills the 4 tokens"):
        TemplateEncoder(tokenizer, TEMPLATES["zhao"], 4)(["a film"])


def test_the_templates_mask_is_kept_when_the_text_is_cut(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_masked_lm(tmp_path / "m"))
    (read,) = TemplateEncoder(tokenizer, TEMPLATES["lm-bff"], 12)(["a great film . " * 9])
    assert tokenizer.decode(read.ids).endswith("it was [MASK]. [SEP]")
    assert len(read.ids) == 12


def test_rows_are_filled_up_on_the_right() -> None:
    ids, mask = pad([[5, 6], [7]], pad_id=9)
    assert ids.tolist() == [[5, 6], [7, 9]]
    assert mask.tolist() == [[1, 1], [1, 0]]


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=5))
def test_padding_changes_sides_and_comes_back(rows: list[list[int]]) -> None:
    if not any(rows):
        return
    ids, mask = pad(rows, pad_id=0)
    moved = move_padding(ids, mask, "left")
    for row, (moved_ids, moved_mask) in zip(rows, zip(*moved, strict=True), strict=True):
        assert moved_ids[moved_mask.bool()].tolist() == row
        assert moved_mask.tolist() == sorted(moved_mask.tolist())
    assert all(
        torch.equal(a, b) for a, b in zip(move_padding(*moved, "right"), (ids, mask), strict=True)
    )
