"""Arguments that several commands share, and the model that they name."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sentiment.errors import InputError
from sentiment.zero_shot.templates import TEMPLATES

if TYPE_CHECKING:  # imports torch
    from sentiment.models.classifier import Classifier

Commands: TypeAlias = "argparse._SubParsersAction[Any]"

DATA_HELP = "sst2, imdb, challenge, a CSV with text and label, or a Hub id such as owner/name"
MODEL_HELP = "a name that `models` lists, a folder, or a Hub id such as owner/name"
LOCAL_MODEL_HELP = "a name that `models` lists, or a folder"


def add_data_folder(parser: argparse.ArgumentParser) -> None:
    """Add `--data`, the folder that holds the data sets."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with sst2/ and imdb/ (default: $SENTIMENT_DATA, else the Hugging Face Hub)",
    )


def add_template(parser: argparse.ArgumentParser) -> None:
    """Add `--template`, the prompt template of a zero-shot model."""
    parser.add_argument(
        "--template",
        metavar="NAME",
        help=f"prompt template of a zero-shot model ({', '.join(TEMPLATES)}; default: the "
        "backbone's own)",
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add `--labels` and `--base`, for a checkpoint from elsewhere that does not say them."""
    parser.add_argument(
        "--labels",
        type=lambda given: tuple(part.strip().lower() for part in given.split(",")),
        default=(),
        metavar="NAMES",
        help="what the labels of a checkpoint mean, in their order, such as "
        "negative,neutral,positive (default: read from their names)",
    )
    parser.add_argument(
        "--base",
        default="",
        metavar="MODEL",
        help="the base of an adapter, a folder or a Hub id (default: the one that it names)",
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add `--engine`, the arithmetic of inference."""
    parser.add_argument(
        "--engine",
        choices=["exact", "int8"],
        default="exact",
        help="int8 computes in 8-bit integers: faster, with nearly the same predictions; refused "
        "if a check on this machine fails (default: exact)",
    )


def load_classifier(options: argparse.Namespace) -> Classifier:
    """Load the model `options.model`, with `template`, `labels` and `base` if given.

    Raises:
        InputError: a template is given for a fine-tuned model.
        CheckpointError: the model cannot be loaded.
    """
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import is_zero_shot, resolve_model

    loader = ClassifierLoader()
    if options.template is None:
        return loader.load(options.model, labels=options.labels, base=options.base)
    if not is_zero_shot(resolve_model(options.model)):
        raise InputError(
            f"{options.model} is fine-tuned; --template is for zero-shot models. Leave it out."
        )
    return loader.load_zero_shot(options.model, template=options.template)


def load_on_engine(options: argparse.Namespace) -> Classifier:
    """Load the model for `options.engine`; print the validation of int8 to standard error."""
    classifier = load_classifier(options)
    if options.engine == "exact":
        return classifier
    from sentiment.inference.int8 import quantize
    from sentiment.runtime.distributed import is_main_process

    fast, proof = quantize(classifier)
    if is_main_process():
        print(proof.sentence, file=sys.stderr)
    return fast
