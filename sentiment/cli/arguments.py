"""Command-line arguments shared by several commands, and the loading of the named model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sentiment.data.columns import ReadOptions
from sentiment.errors import InputError
from sentiment.models.label_names import read_polarity
from sentiment.zero_shot.templates import TEMPLATES

if TYPE_CHECKING:  # import torch
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.classifier import Classifier
    from sentiment.zero_shot.demonstrations import Demonstrations

Commands: TypeAlias = "argparse._SubParsersAction[Any]"

DATA_HELP = (
    "sst2, imdb, challenge, products, restaurants, a CSV, JSON Lines or parquet file with texts "
    "and labels, or a Hub id such as owner/name"
)
PREDICTIONS_HELP = "or a file of predictions, as `score` and `evaluate --output` write them"
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


def parse_labels(given: str) -> tuple[str, ...]:
    """Parse `--labels`; names are read as those of a checkpoint are, such as `neg`."""
    parts = [part.strip().lower() for part in given.split(",")]
    return tuple(read_polarity(part) or part for part in parts)


def add_checkpoint_options(parser: argparse.ArgumentParser) -> None:
    """Add `--labels` and `--base`, for a checkpoint from elsewhere that does not say them."""
    parser.add_argument(
        "--labels",
        type=parse_labels,
        default=(),
        metavar="NAMES",
        help="what the labels of a checkpoint mean, in their order, such as "
        "negative,neutral,positive or neg,neu,pos (default: read from their names)",
    )
    parser.add_argument(
        "--base",
        default="",
        metavar="MODEL",
        help="the base of an adapter, a folder or a Hub id (default: the one that it names)",
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


def add_inference_options(parser: argparse.ArgumentParser) -> None:
    """Add all options on how a model classifies: template, labels, base and engine."""
    add_template(parser)
    add_checkpoint_options(parser)
    add_engine(parser)


def add_predictions(parser: argparse.ArgumentParser) -> None:
    """Add `--predictions`, a folder that keeps predictions until a run is finished."""
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
        help="save the predictions of each model and each draw in this folder, and take those that "
        "are there already: the same command continues a stopped run",
    )


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the options on how a file is read: its encoding and its columns."""
    group = parser.add_argument_group("files")
    group.add_argument(
        "--text-column", metavar="NAME", help="column of the texts (default: text, review, …)"
    )
    group.add_argument(
        "--label-column",
        metavar="NAME",
        help="column of the gold labels (default: label, sentiment, stars, …)",
    )
    group.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of the file, such as windows-1252 (default: by its byte order mark, else "
        "utf-8)",
    )
    group.add_argument(
        "--no-header",
        action="store_true",
        help="the first row of a CSV is data; columns are named 1, 2, …, as in --text-column 6",
    )
    group.add_argument(
        "--no-quotes",
        action="store_true",
        help="quotation marks of a CSV are text and enclose nothing, as in many .tsv files",
    )


def add_neutral(parser: argparse.ArgumentParser) -> None:
    """Add `--neutral`, what becomes of rows without one of the two labels."""
    parser.add_argument(
        "--neutral",
        choices=["leave-out", "refuse"],
        default="leave-out",
        help="neutral and unlabelled rows of a file: leave them out and say how many, or refuse "
        "the file (default: leave-out)",
    )


def parse_read_options(options: argparse.Namespace) -> ReadOptions:
    """Return how files are read, from the options."""
    return ReadOptions(
        encoding=options.encoding,
        text_column=options.text_column,
        label_column=options.label_column,
        has_header=not options.no_header,
        has_quotes=not options.no_quotes,
        is_strict=getattr(options, "neutral", "leave-out") == "refuse",
    )


def print_notes(notes: Iterable[str]) -> None:
    """Print sentences on files to standard error, each once, in the main process."""
    from sentiment.runtime.distributed import is_main_process

    for note in dict.fromkeys(notes) if is_main_process() else ():
        print(note, file=sys.stderr)


def load_classifier(
    options: argparse.Namespace,
    *,
    model: str | None = None,
    loader: ClassifierLoader | None = None,
    demonstrations: Demonstrations | None = None,
) -> Classifier:
    """Load a model, with `options.template` if given.

    Args:
        model: by default `options.model`.
        loader: shares backbones among several models.
        demonstrations: of a model that answers by prompt.

    Raises:
        InputError: a template is given for a fine-tuned model, labels for one without a head, or a
            base for `options.model`, which is no adapter.
        CheckpointError: the model cannot be loaded.
    """
    from sentiment.models.catalogue import is_adapted, is_zero_shot, resolve_model

    name = options.model if model is None else model
    if options.labels:
        _check_has_labels(name)
    folder = resolve_model(name, base=options.base)
    if options.base and model is None:
        check_takes_base({name: folder})
    if options.template is not None and not is_zero_shot(folder):
        raise InputError(
            f"{name} is {describe_kind(folder)}; --template is for zero-shot models. Leave it out."
        )
    from sentiment.inference.loader import ClassifierLoader

    loader = loader or ClassifierLoader()
    if options.template is None and demonstrations is None:
        base = options.base if is_adapted(folder) else ""
        return loader.load(name, labels=options.labels, base=base)
    return loader.load_zero_shot(name, template=options.template, demonstrations=demonstrations)


def check_takes_base(folders: Mapping[str, Path]) -> None:
    """Check that a model is an adapter or a head, where a base is given.

    Args:
        folders: of all models, by name.

    Raises:
        InputError: none of them is.
    """
    from sentiment.models.catalogue import is_adapted

    if not any(map(is_adapted, folders.values())):
        kinds = " and ".join(f"{name} is {describe_kind(own)}" for name, own in folders.items())
        raise InputError(f"{kinds}; --base is for adapters and heads. Leave it out.")


def describe_kind(folder: Path) -> str:
    """Describe the kind of the model in `folder`, after “is”."""
    from sentiment.models.catalogue import BASELINE_FILE, is_zero_shot

    if (folder / BASELINE_FILE).is_file():
        return "a TF-IDF baseline"
    return "a zero-shot model" if is_zero_shot(folder) else "fine-tuned"


def _check_has_labels(name: str) -> None:
    """Check that a model has labels that `--labels` could name.

    Raises:
        InputError: it is a baseline, or classifies zero-shot.
    """
    from sentiment.models.catalogue import resolve_model

    kind = describe_kind(resolve_model(name))
    if kind != "fine-tuned":
        raise InputError(
            f"{name} is {kind}: --labels is for fine-tuned classifiers, whose outputs have labels, "
            f"and would do nothing here. Leave it out."
        )


def load_on_engine(
    options: argparse.Namespace,
    *,
    model: str | None = None,
    loader: ClassifierLoader | None = None,
    demonstrations: Demonstrations | None = None,
) -> Classifier:
    """Load a model for `options.engine`; print the validation of int8 to standard error."""
    classifier = load_classifier(options, model=model, loader=loader, demonstrations=demonstrations)
    if options.engine == "exact":
        return classifier
    from sentiment.inference.int8 import quantize
    from sentiment.runtime.distributed import is_main_process

    quantized, validation = quantize(classifier)
    if is_main_process():
        print(validation.sentence, file=sys.stderr)
    return quantized
