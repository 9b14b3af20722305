"""Demonstrations: balanced, the same for a seed, in the order of the draw; edited as lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.data.loading import load_examples
from sentiment.errors import DataError, InputError
from sentiment.limits import MAX_DEMONSTRATIONS, MAX_SHOTS
from sentiment.zero_shot.demonstrations import (
    EDITED,
    Demonstration,
    Demonstrations,
    draw_demonstrations,
    format_demonstrations,
    parse_demonstrations,
)


@pytest.mark.parametrize("shots", [1, 2, 3, 8, MAX_SHOTS])
def test_a_draw_is_balanced_and_from_the_training_part(shots: int) -> None:
    train = load_examples("first-lesson", "train")
    known = set(zip(train.texts, train.labels.tolist(), strict=True))
    drawn = draw_demonstrations(shots, seed=3)
    positive = sum(label for _, label in drawn.examples)
    assert abs(shots - 2 * positive) == shots % 2
    assert len(set(drawn.examples)) == len(drawn) == shots
    assert set(drawn.examples) <= known


def test_the_seed_decides_texts_order_and_the_odd_label() -> None:
    drawn = [draw_demonstrations(3, seed=seed) for seed in range(12)]
    assert drawn == [draw_demonstrations(3, seed=seed) for seed in range(12)]
    assert len({draw.examples for draw in drawn}) == 12
    assert {sum(label for _, label in draw.examples) for draw in drawn} == {1, 2}
    orders = {tuple(label for _, label in draw.examples) for draw in drawn}
    assert len(orders) > 2  # the labels are in no fixed order


def test_a_smaller_draw_is_part_of_a_larger_one() -> None:
    small, large = (draw_demonstrations(shots, seed=5) for shots in (4, 8))
    assert set(small.examples) < set(large.examples)


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert [text for text, _ in draw_demonstrations(4).examples] == [
        "I love this show, and the new season is even better than the last.",
        "A nasty, pointless show about horrible people.",
        "Stunning photography and a fascinating look at life in the rainforest.",
        "Terrible acoustics and a lazy, bored performance.",
    ]


def _write_sentences(folder: Path, lengths: range) -> Path:
    (folder / "sst2").mkdir(parents=True)
    rows = [(" ".join(["word"] * n) + f" {label}", label) for n in lengths for label in (0, 1)]
    frame = pd.DataFrame(rows, columns=["sentence", "label"])
    frame.to_parquet(folder / "sst2" / "train.parquet")
    return folder


def test_of_sst2_only_sentences_of_8_to_25_words_are_drawn(tmp_path: Path) -> None:
    folder = _write_sentences(tmp_path, range(1, 40))
    drawn = draw_demonstrations(32, source="sst2", directory=folder)
    lengths = [len(text.split()) for text, _ in drawn.examples]
    assert min(lengths) >= 8
    assert max(lengths) <= 25
    assert np.mean(lengths) > 12


def test_too_few_texts_are_said(tmp_path: Path) -> None:
    folder = _write_sentences(tmp_path, range(7, 10))
    with pytest.raises(DataError, match=r"SST-2 has 3 training texts .* and 4 are needed\. Use f"):
        draw_demonstrations(8, source="sst2", directory=folder)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: draw_demonstrations(0), "0 demonstrations .* from 1 to 32 shots, or 0 for zero-"),
        (lambda: draw_demonstrations(33), "33 demonstrations were asked for"),
        (lambda: draw_demonstrations(2, seed=-1), "seed of the demonstrations is -1; use 0 to"),
        (lambda: draw_demonstrations(2, source="imdb"), "'imdb'. Choose from: first-lesson, sst2"),
    ],
)
def test_other_draws_are_refused(draw: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()


def test_lines_are_read_back_as_they_were_written() -> None:
    drawn = draw_demonstrations(6, seed=1)
    lines = format_demonstrations(drawn)
    assert [line[0] for line in lines.splitlines()] == ["−+"[own] for _, own in drawn.examples]
    read = parse_demonstrations(f"\n{lines}\n\n")
    assert read.examples == drawn.examples
    assert (read.source, drawn.digest) == (EDITED, "")


def test_signs_of_every_kind_are_read() -> None:
    read = parse_demonstrations("+ a fine  film\n- dull\r\n−hollow \n – clumsy")
    assert read.examples == (
        Demonstration("a fine film", 1),
        Demonstration("dull", 0),
        Demonstration("hollow", 0),
        Demonstration("clumsy", 0),
    )


def test_the_digest_tells_texts_labels_and_order_apart() -> None:
    lines = ["+ a", "− b", "+ c"]
    written = [lines, lines[::-1], ["− a", *lines[1:]], [*lines[:2], "+ d"]]
    digests = {parse_demonstrations("\n".join(own)).digest for own in written}
    assert len(digests) == 4
    assert all(len(digest) == 16 for digest in digests)
    assert Demonstrations(parse_demonstrations("+ a").examples, "first-lesson").digest == ""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("  \n ", r"Write a demonstration in each line"),
        (None, r"Write a demonstration in each line"),
        ("+ fine\na film", r"Demonstration 2 says no label: begin the line with \+"),
        ("+ fine\n\n−  ", r"Demonstration 2 has no text behind its −"),
        ("+ a\n" * 33, r"There are 33 demonstrations; the limit is 32\."),
        (f"+ {'a' * (MAX_DEMONSTRATIONS + 1)}", r"have 4,001 characters; the limit is 4,000\."),
    ],
)
def test_other_lines_are_refused(lines: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_demonstrations(lines)
