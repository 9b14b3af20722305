"""`sentiment train`: train a recipe, evaluated zero-shot before and fine-tuned after."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.cli.arguments import Commands, add_file_options, add_neutral, parse_read_options
from sentiment.errors import InputError
from sentiment.recipes import RECIPES, Recipe, find_recipe, override
from sentiment.runtime.distributed import is_launched, is_main_process

if TYPE_CHECKING:  # import torch
    from sentiment.data.examples import Examples
    from sentiment.models.tuning import ParameterCount
    from sentiment.runtime.hardware import Compute

# Fields of a recipe that cannot be overridden.
_FIXED = {"name", "summary", "tuning", "dataset"}
_SETTINGS = tuple(field for field in fields(Recipe) if field.name not in _FIXED)


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "train",
        help="train a recipe and save the checkpoint; --list shows the recipes",
        description="Train a recipe; evaluate it on the same texts before and after.",
        epilog="Settings that are left out keep the recipe's value; see --list --json.",
    )
    parser.add_argument("recipe", nargs="?", help="name of a recipe; --list shows them")
    parser.add_argument("--list", action="store_true", help="list the recipes and exit")
    parser.add_argument("--json", action="store_true", help="with --list: print JSON")
    _add_data(parser)
    add_neutral(parser)
    add_file_options(parser)
    _add_output(parser)
    parser.add_argument("--device", metavar="X", help="cpu or cuda (default: cuda if available)")
    parser.add_argument(
        "--precision",
        metavar="X",
        help="fp32, bf16 or fp16 (default: the fastest on this machine; fp32 for heads)",
    )
    settings = parser.add_argument_group("settings of the recipe")
    for setting in _SETTINGS:
        settings.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=_parser_of(setting.name),
            metavar="X",
            help=setting.metadata["help"],
        )
    parser.set_defaults(run=run)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="folder that holds sst2/ and imdb/, first-lesson (bundled), a CSV, JSON Lines or "
        "parquet file with texts and labels, or the Hub id of a data set with such columns "
        "(default: $SENTIMENT_DATA, else the Hub)",
    )
    parser.add_argument(
        "--test",
        type=Path,
        metavar="FILE",
        help="evaluate on this file (default: the official split; for a file, a random fifth)",
    )
    parser.add_argument(
        "--hold-out",
        type=int,
        metavar="N",
        help="evaluate on N texts held out of train (grouped by sentence or duplicate) instead of "
        "the official split, to tune hyperparameters",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="folder of the checkpoint (default: checkpoints/NAME, numbered if it exists)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the unfinished run of --output, or start it if there is none",
    )
    parser.add_argument(
        "--save-minutes",
        type=float,
        default=5.0,
        metavar="N",
        help="save a state to resume from every N minutes (default: 5)",
    )
    parser.add_argument(
        "--push-to-hub",
        metavar="OWNER/NAME",
        help="also upload the checkpoint to the Hugging Face Hub",
    )


def _parser_of(name: str) -> Callable[[str], Any]:
    """Return the function that parses a setting from the command line."""
    if name == "lora_targets":
        return lambda text: tuple(part.strip() for part in text.split(",") if part.strip())
    optional = {"layer": int, "start_from": str, "dropout": float, "max_train_examples": int}
    default = next(field.default for field in _SETTINGS if field.name == name)
    return optional[name] if default is None else type(default)


def run(options: argparse.Namespace) -> int:
    """List the recipes or train one; if interrupted, print the command that resumes."""
    if options.list:
        print(_list_recipes(as_json=options.json))
        return 0
    if not options.recipe:
        raise InputError("Name a recipe, or use --list to see them.")
    settings = {setting.name: getattr(options, setting.name) for setting in _SETTINGS}
    recipe = override(find_recipe(options.recipe), **settings)
    try:
        return _train(recipe, options)
    except KeyboardInterrupt:
        return _print_resume(130, options.arguments)
    except SystemExit as stop:  # raised by the handler of SIGTERM
        return _print_resume(int(stop.code or 0), options.arguments)


def _print_resume(status: int, arguments: list[str]) -> int:
    """Print the command that resumes; `status` is 128 plus the number of the signal."""
    if not is_main_process():
        return status
    words = arguments if "--resume" in arguments else [*arguments, "--resume"]
    start = "accelerate launch … -m sentiment" if is_launched() else "python -m sentiment"
    command = f"{start} {shlex.join(words)}"
    print(f"sentiment: interrupted. Continue with: {command}", file=sys.stderr)
    return status


def _list_recipes(*, as_json: bool) -> str:
    if as_json:
        from sentiment.models.tuning import account  # imports torch

        return json.dumps(
            [{**account(recipe), "settings": asdict(recipe)} for recipe in RECIPES.values()],
            indent=2,
        )
    width = max(map(len, RECIPES))
    return "\n".join(f"{name:<{width}}  {recipe.summary}" for name, recipe in RECIPES.items())


def _train(recipe: Recipe, options: argparse.Namespace) -> int:
    from sentiment.data.loading import check_source

    reading = parse_read_options(options)
    for source in (options.data, options.test):
        if source is not None and not source.is_dir():
            check_source(source, reading)
    from sentiment.cli.console import metrics_table, print_experiment, progress_bar
    from sentiment.hub import check_hub_id, push_checkpoint
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import free_output
    from sentiment.models.tuning import count_for
    from sentiment.training.data import prepare_data
    from sentiment.training.experiment import run_experiment
    from sentiment.training.fit import choose_compute_for

    if options.push_to_hub:
        options.push_to_hub = check_hub_id(options.push_to_hub)
    compute = choose_compute_for(recipe, device=options.device, precision=options.precision)
    train, evaluations = prepare_data(
        recipe,
        source=options.data,
        test=options.test,
        hold_out=options.hold_out,
        reading=reading,
    )
    loader = ClassifierLoader()
    _print_plan(recipe, count_for(recipe), train, evaluations, compute)
    outcome = run_experiment(
        recipe,
        train=train,
        evaluations=evaluations,
        output=options.output or free_output(recipe.name),
        loader=loader,
        save_minutes=options.save_minutes,
        is_resumed=options.resume,
        compute=compute,
        progress_factory=progress_bar,
        on_result=lambda result: print(metrics_table(result)),
    )
    print_experiment(outcome)
    if options.push_to_hub and is_main_process():
        print(f"Pushed to {push_checkpoint(outcome.checkpoint, options.push_to_hub)}")
    return 0


def _print_plan(
    recipe: Recipe,
    count: ParameterCount,
    train: Examples,
    evaluations: Sequence[Examples],
    compute: Compute,
) -> None:
    """Print the recipe, the data with its problems, and the device."""
    from sentiment.cli.console import describe
    from sentiment.data.checks import describe_problems

    print(f"{recipe.name}: {recipe.summary}")
    print(
        f"  parameters  {count.backbone:,} in the backbone, {count.with_head:,} with head, "
        f"{count.trainable:,} trainable ({count.share:.2%})"
    )
    print(f"  train       {describe(train)}")
    for evaluation in evaluations:
        print(f"  evaluation  {describe(evaluation)}")
    notes = dict.fromkeys(note for examples in (train, *evaluations) for note in examples.notes)
    for sentence in (*notes, *describe_problems(train, evaluations)):
        print(f"  note        {sentence}")
    print(f"  device      {compute.device}, {compute.precision}")
