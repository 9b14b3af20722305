"""Command-line arguments shared by several commands, and the loading of the named model."""

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
        help=f"prompt template of a zero-shot model ({', '.join(TEMPLATES)}; default: that "
        "of the backbone)",
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add `--engine`, the inference engine."""
    parser.add_argument(
        "--engine",
        choices=["exact", "int8"],
        default="exact",
        help="int8 quantizes the model to 8-bit integers: faster, with nearly the same "
        "predictions; refused if the validation on this machine fails (default: exact)",
    )


def load_classifier(options: argparse.Namespace) -> Classifier:
    """Load the model `options.model`, with `options.template` if given.

    Raises:
        InputError: a template is given for a fine-tuned model.
        CheckpointError: the model cannot be loaded.
    """
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import is_backbone, resolve_model

    loader = ClassifierLoader()
    if options.template is None:
        return loader.load(options.model)
    if not is_backbone(resolve_model(options.model)):
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

    quantized, validation = quantize(classifier)
    if is_main_process():
        print(validation.sentence, file=sys.stderr)
    return quantized
