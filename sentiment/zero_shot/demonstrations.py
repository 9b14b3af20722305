"""Demonstrations of few-shot prompting: labelled texts that stand in the prompt before the text.

They are drawn from training texts, as many of each label, and their order is part of the draw: it
changes the predictions as much as the choice does (Lu et al. 2022, "Fantastically Ordered
Prompts"). This module loads without torch and pandas.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sentiment.data.sources import SENTENCES, dataset_title
from sentiment.errors import DataError, InputError
from sentiment.formatting import count_of
from sentiment.labels import LABELS, NEGATIVE, POSITIVE
from sentiment.limits import MAX_DEMONSTRATIONS, MAX_SEED, MAX_SHOTS, clean
from sentiment.paths import data_directory

if TYPE_CHECKING:  # imports pandas
    from sentiment.data.examples import Examples

SOURCES = ("first-lesson", SENTENCES)
EDITED = "edited"  # the source of demonstrations that somebody wrote or changed
SENTENCE_WORDS = range(8, 26)  # of a sentence of SST-2, whose training part holds phrases as well
SIGNS = {"+": POSITIVE, "-": NEGATIVE, "−": NEGATIVE, "–": NEGATIVE}  # begin a line


class Demonstration(NamedTuple):
    """A text and its label."""

    text: str
    label: int


@dataclass(frozen=True)
class Demonstrations:
    """The demonstrations of a prompt in their order, and where they come from."""

    examples: tuple[Demonstration, ...]
    source: str  # one of `SOURCES`, or `EDITED`
    seed: int = 0  # of the draw

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def digest(self) -> str:
        """Compute 16 hexadecimal digits of the sha256 of edited ones, empty for a draw."""
        if self.source != EDITED:
            return ""
        return hashlib.sha256(json.dumps(self.examples).encode()).hexdigest()[:16]


def draw_demonstrations(
    shots: int, *, seed: int = 0, source: str = SOURCES[0], directory: Path | str | None = None
) -> Demonstrations:
    """Draw demonstrations, as many of each label; of an odd number, one more of a random label.

    The draw of 4 with one seed is part of the draw of 8, in another order.

    Args:
        shots: their number, from 1 to `MAX_SHOTS`.
        seed: of the choice and of the order.
        source: `first-lesson`, the training part of the bundled data set, or `sst2`, the sentences
            of 8 to 25 words in SST-2's training part.
        directory: folder with `sst2/`; by default `$SENTIMENT_DATA`, else the Hugging Face Hub.

    Raises:
        InputError: the number, the seed or the source cannot be used.
        DataError: the data set cannot be read, or holds too few such texts.
    """
    import numpy as np

    check_draw(shots, seed, source)
    examples = _load_texts(source, str(data_directory(directory) or ""))
    rng = np.random.default_rng(seed)
    sizes = [shots // 2, shots // 2]
    sizes[int(rng.integers(2))] += shots % 2
    chosen: list[int] = []
    for label, size in enumerate(sizes):
        found = rng.permutation(np.flatnonzero(examples.labels == label))
        if len(found) < size:
            raise DataError(
                f"{dataset_title(source)} has {count_of(len(found), 'training text')} that "
                f"can be a {LABELS[label]} demonstration, and {size} are needed. Use fewer shots."
            )
        chosen += found[:size].tolist()
    order = rng.permutation(chosen).tolist()
    drawn = (Demonstration(examples.texts[i], int(examples.labels[i])) for i in order)
    return Demonstrations(tuple(drawn), source, seed)


def choose_demonstrations(
    shots: object, seed: object, source: object, lines: object = None
) -> Demonstrations | None:
    """Choose edited demonstrations if there are some, else draw them; None for zero-shot.

    Args:
        shots: their number; 0 for zero-shot, whatever `lines` says.
        seed: of the draw.
        source: of the draw, one of `SOURCES`.
        lines: what was edited, as `format_demonstrations` writes them; lines like the draw's are
            that draw.

    Raises:
        InputError: the settings or the lines cannot be used.
        DataError: the source cannot be read.
    """
    number = _parse_number("The number of shots", shots)
    if number == 0:
        return None
    own_seed = _parse_number("The seed of the demonstrations", seed)
    drawn = draw_demonstrations(number, seed=own_seed, source=str(source))
    if not isinstance(lines, str) or not lines.strip():
        return drawn
    edited = parse_demonstrations(lines)
    return drawn if edited.examples == drawn.examples else edited


def _parse_number(name: str, given: object) -> int:
    """Parse a whole number, called `name` in messages.

    Raises:
        InputError: it is none.
    """
    try:
        return int(str(given))
    except ValueError as error:
        raise InputError(f"{name} must be a whole number, not {str(given)[:80]!r}.") from error


def check_draw(shots: int, seed: int, source: str) -> None:
    """Check the settings of a draw.

    Raises:
        InputError: the number, the seed or the source cannot be used.
    """
    if not 1 <= shots <= MAX_SHOTS:
        raise InputError(
            f"{shots} demonstrations were asked for. Choose from 1 to {MAX_SHOTS} shots, or 0 for "
            f"zero-shot."
        )
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"The seed of the demonstrations is {seed}; use 0 to {MAX_SEED:,}.")
    if source not in SOURCES:
        raise InputError(
            f"Unknown source of demonstrations {source[:80]!r}. Choose from: {', '.join(SOURCES)}."
        )


@lru_cache(maxsize=4)
def _load_texts(source: str, directory: str) -> Examples:
    """Load the training texts of `source` that can be demonstrations."""
    from sentiment.data.loading import load_examples

    examples = load_examples(source, "train", directory=directory or None)
    if source != SENTENCES:
        return examples
    lengths = (len(text.split()) for text in examples.texts)
    return examples.take([i for i, words in enumerate(lengths) if words in SENTENCE_WORDS])


def format_demonstrations(demonstrations: Demonstrations) -> str:
    """Format demonstrations to be edited: a line each, with + or − before the text."""
    signs = {label: sign for sign, label in reversed(SIGNS.items()) if sign != "-"}
    return "\n".join(f"{signs[label]} {text}" for text, label in demonstrations.examples)


def parse_demonstrations(lines: object) -> Demonstrations:
    """Parse demonstrations from lines that begin with + or −; blank lines are left out.

    Raises:
        InputError: a line has no sign or no text, or there are none or too many.
    """
    if not isinstance(lines, str) or not lines.strip():
        raise InputError("Write a demonstration in each line: + or −, and a text.")
    written = [line for line in clean(lines).splitlines() if line.strip()]
    examples = []
    for number, line in enumerate(written, start=1):
        sign, text = line.strip()[0], " ".join(line.strip()[1:].split())
        if sign not in SIGNS:
            raise InputError(
                f"Demonstration {number} says no label: begin the line with + (positive) or − "
                f"(negative)."
            )
        if not text:
            raise InputError(f"Demonstration {number} has no text behind its {sign}.")
        examples.append(Demonstration(text, SIGNS[sign]))
    if len(examples) > MAX_SHOTS:
        raise InputError(f"There are {len(examples)} demonstrations; the limit is {MAX_SHOTS}.")
    size = sum(len(text) for text, _ in examples)
    if size > MAX_DEMONSTRATIONS:
        raise InputError(
            f"The demonstrations have {size:,} characters; the limit is {MAX_DEMONSTRATIONS:,}."
        )
    return Demonstrations(tuple(examples), EDITED)
