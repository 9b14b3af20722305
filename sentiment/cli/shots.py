"""Options of few-shot prompting: the number, the source and the draws of the demonstrations."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from sentiment.cli.arguments import describe_kind
from sentiment.errors import InputError
from sentiment.limits import MAX_SHOTS
from sentiment.zero_shot.demonstrations import SOURCES, Demonstrations, draw_demonstrations

MAX_DRAWS = 100


def add_shots(parser: argparse.ArgumentParser) -> None:
    """Add the options of few-shot prompting."""
    group = parser.add_argument_group("few-shot prompting")
    group.add_argument(
        "--shots",
        type=int,
        default=0,
        metavar="K",
        help=f"labelled demonstrations before the text, for models that answer by prompt "
        f"(1 to {MAX_SHOTS}; default: 0, zero-shot)",
    )
    group.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help="number of random draws of the demonstrations and their order (default: 1)",
    )
    group.add_argument(
        "--shots-from",
        choices=SOURCES,
        help="training texts that they are drawn from (default: first-lesson, which is bundled)",
    )
    group.add_argument(
        "--shots-seed", type=int, metavar="N", help="seed of the first draw (default: 0)"
    )


def draw_shots(options: argparse.Namespace) -> list[Demonstrations]:
    """Draw the demonstrations of each draw that the options ask for; none for zero-shot.

    Raises:
        InputError: a number cannot be used, or the options contradict each other.
        DataError: the source cannot be read, or is too small.
    """
    if options.shots == 0:
        for name in ("draws", "shots_from", "shots_seed"):
            if getattr(options, name) is not None:
                option = name.replace("_", "-")
                raise InputError(
                    f"--{option} is for few-shot prompting. Add the number of demonstrations, such "
                    f"as --shots 4, or leave it out."
                )
        return []
    draws = 1 if options.draws is None else options.draws
    if not 1 <= draws <= MAX_DRAWS:
        raise InputError(f"--draws is {draws}; choose from 1 to {MAX_DRAWS}.")
    first, source = options.shots_seed or 0, options.shots_from or SOURCES[0]
    seeds = range(first, first + draws)
    return [draw_demonstrations(options.shots, seed=seed, source=source) for seed in seeds]


def find_prompted(folders: Mapping[str, Path]) -> list[str]:
    """Find the zero-shot models, which can be given demonstrations.

    Args:
        folders: of all models, by name.

    Raises:
        InputError: none of them is a zero-shot model.
    """
    from sentiment.models.catalogue import is_zero_shot

    prompted = [name for name, folder in folders.items() if is_zero_shot(folder)]
    if folders and not prompted:
        kinds = " and ".join(f"{name} is {describe_kind(own)}" for name, own in folders.items())
        raise InputError(f"{kinds}; --shots is for zero-shot models. Leave it out.")
    return prompted
