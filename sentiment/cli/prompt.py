"""`sentiment prompt`: show the exact prompt of a model for a text, and the prediction."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sentiment.cli.arguments import (
    MODEL_HELP,
    Commands,
    add_checkpoint_options,
    add_template,
    load_classifier,
)
from sentiment.cli.shots import add_shots, draw_shots, find_prompted
from sentiment.formatting import describe_method
from sentiment.labels import LABELS
from sentiment.limits import check_text

if TYPE_CHECKING:  # imports torch
    from sentiment.models.classifier import Classifier
    from sentiment.zero_shot.demonstrations import Demonstrations


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "prompt", help="show the exact prompt of a model for a text, and the prediction"
    )
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("text", help="text to classify")
    add_template(parser)
    add_shots(parser)
    add_checkpoint_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the exact prompt, the tokens read and both probabilities, of each draw."""
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import resolve_model

    text = check_text(options.text)
    draws: list[Demonstrations | None] = [*draw_shots(options)]
    if draws:
        find_prompted({options.model: resolve_model(options.model, base=options.base)})
    loader = ClassifierLoader()
    for demonstrations in draws or [None]:
        _print(load_classifier(options, loader=loader, demonstrations=demonstrations), text)
    return 0


def _print(classifier: Classifier, text: str) -> None:
    from sentiment.inference.scoring import score

    scores = score(classifier, [text])
    print(classifier.decode_prompt(text))
    read, total = int(scores.tokens_read[0]), int(scores.tokens_total[0])
    print(
        f"\n{classifier.name} ({describe_method(classifier.method)}) "
        f"read {read:,} of {total:,} tokens: "
        + ", ".join(
            f"{label} {p:.4f}" for label, p in zip(LABELS, scores.probabilities[0], strict=True)
        )
    )
