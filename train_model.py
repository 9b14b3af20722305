"""Train a recipe and save the checkpoint, with the zero-shot side measured on the same rows.

python train_model.py --list
python train_model.py distilbert-mini-sst2-lora --data FOLDER
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError
from sentiment.recipes import RECIPES, Recipe, find_recipe, override
from sentiment.runtime.distributed import is_launched, is_main_process

_FIXED = {"name", "summary", "tuning", "dataset"}  # these make a recipe what it is


def build_parser() -> argparse.ArgumentParser:
    """The command line; every setting of a recipe can be overridden."""
    parser = argparse.ArgumentParser(
        prog="train_model.py",
        description="Train a recipe, measured before and after on the same rows.",
        epilog="Settings that are left out keep the recipe's value; see --list --json.",
    )
    parser.add_argument("recipe", nargs="?", help="name of a recipe; --list shows them")
    parser.add_argument("--list", action="store_true", help="list the recipes and exit")
    parser.add_argument("--json", action="store_true", help="with --list: print JSON")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="folder that holds sst2/ and imdb/, first-lesson (400 texts that come with the "
        "project), a CSV with the columns text and label, or the Hub id of a data set with such "
        "columns (default: $SENTIMENT_DATA, else the Hub)",
    )
    parser.add_argument(
        "--test",
        type=Path,
        metavar="CSV",
        help="score on this file (default: the official split; of a CSV, a fifth)",
    )
    parser.add_argument(
        "--hold-out",
        type=int,
        metavar="N",
        help="score on N texts held out of train (sentences with their phrases, reviews with "
        "their copies) instead of the official split: for choosing settings",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the checkpoint goes (checkpoints/NAME, numbered where that is taken)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the unfinished training of --output, or begin it where there is none",
    )
    parser.add_argument(
        "--save-minutes",
        type=float,
        default=5.0,
        metavar="N",
        help="keep a state to continue from every N minutes (5)",
    )
    parser.add_argument(
        "--push-to-hub",
        metavar="OWNER/NAME",
        help="upload the checkpoint to the Hugging Face Hub as well",
    )
    parser.add_argument("--device", metavar="X", help="cpu or cuda (the GPU where there is one)")
    parser.add_argument(
        "--precision",
        metavar="X",
        help="fp32, bf16 or fp16 (the fastest the machine computes in; heads are trained in fp32)",
    )
    settings = parser.add_argument_group("settings of the recipe")
    for setting in fields(Recipe):
        if setting.name not in _FIXED:
            settings.add_argument(
                f"--{setting.name.replace('_', '-')}",
                type=_reader(setting.name),
                metavar="X",
                help=setting.metadata["help"],
            )
    return parser


def _reader(name: str) -> Callable[[str], Any]:
    if name == "lora_targets":
        return lambda text: tuple(part.strip() for part in text.split(",") if part.strip())
    optional = {"start_from": str, "dropout": float, "max_train_examples": int}
    default = next(field.default for field in fields(Recipe) if field.name == name)
    return optional[name] if default is None else type(default)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when all went well, 2 on bad input, 130 when interrupted."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.list:
        print(_list_recipes(as_json=options.json))
        return 0
    if not options.recipe:
        parser.error("name a recipe, or use --list to see them")
    try:
        recipe = override(
            find_recipe(options.recipe),
            **{f.name: getattr(options, f.name) for f in fields(Recipe) if f.name not in _FIXED},
        )
        return _train(recipe, options)
    except SentimentError as error:
        print(f"train_model.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return _interrupted(130, arguments)
    except SystemExit as stop:
        return _interrupted(int(stop.code or 0), arguments)


def _interrupted(status: int, arguments: Sequence[str] | None) -> int:
    """Say how to go on; `status` is 128 plus the number of the signal that came."""
    if not is_main_process():
        return status
    words = list(sys.argv[1:] if arguments is None else arguments)
    words += [] if "--resume" in words else ["--resume"]
    start = "accelerate launch … train_model.py" if is_launched() else "python train_model.py"
    command = f"{start} {shlex.join(words)}"
    print(f"train_model.py: interrupted. Continue with: {command}", file=sys.stderr)
    return status


def _list_recipes(*, as_json: bool) -> str:
    if as_json:
        from sentiment.runtime.logs import quiet_libraries

        quiet_libraries()
        from sentiment.models.tuning import account  # torch; the names alone need not wait for it

        return json.dumps(
            [{**account(recipe), "settings": asdict(recipe)} for recipe in RECIPES.values()],
            indent=2,
        )
    width = max(map(len, RECIPES))
    return "\n".join(f"{name:<{width}}  {recipe.summary}" for name, recipe in RECIPES.items())


def _train(recipe: Recipe, options: argparse.Namespace) -> int:
    # Imported here so that --help and --list answer at once.
    from sentiment import console
    from sentiment.runtime.logs import quiet_libraries

    quiet_libraries()
    from sentiment.data.checks import describe_problems
    from sentiment.data.sources import split_title
    from sentiment.hub import check_hub_id, push_checkpoint
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import RUN_FILE, free_output
    from sentiment.models.tuning import count_for
    from sentiment.runtime.files import read_json
    from sentiment.training.data import prepare_data
    from sentiment.training.experiment import run_experiment
    from sentiment.training.fit import choose_compute_for

    if options.push_to_hub:
        check_hub_id(options.push_to_hub)
    compute = choose_compute_for(recipe, device=options.device, precision=options.precision)
    train, evaluations = prepare_data(
        recipe, source=options.data, test=options.test, hold_out=options.hold_out
    )
    loader = ClassifierLoader()
    count = count_for(recipe)
    print(f"{recipe.name}: {recipe.summary}")
    print(
        f"  weights    {count.backbone:,} in the backbone, {count.with_head:,} with head, "
        f"{count.trainable:,} trained ({count.share:.2%})"
    )
    print(f"  train      {console.describe(train)}")
    for evaluation in evaluations:
        print(f"  scored on  {console.describe(evaluation)}")
    for sentence in describe_problems(train, evaluations):
        print(f"  note       {sentence}")
    print(f"  computing  on {compute.device} in {compute.precision}")
    output = options.output or free_output(recipe.name)
    outcome = run_experiment(
        recipe,
        train=train,
        evaluations=evaluations,
        output=output,
        loader=loader,
        save_minutes=options.save_minutes,
        is_resumed=options.resume,
        compute=compute,
        watch=console.progress_bar,
        on_result=lambda result: print(console.metrics_table(result)),
    )
    print(console.training_report(read_json(outcome.checkpoint / RUN_FILE)))
    for before, after in outcome.results:
        print(
            f"Accuracy {before.metrics.accuracy:.4f} before, {after.metrics.accuracy:.4f} after, "
            f"on the same {after.metrics.n:,} texts ({split_title(after.info.split)})."
        )
    print(f"Checkpoint: {outcome.checkpoint}")
    if options.push_to_hub and is_main_process():
        print(f"Pushed to {push_checkpoint(outcome.checkpoint, options.push_to_hub)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
