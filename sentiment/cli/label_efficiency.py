"""`sentiment make label-efficiency`: accuracy by the number of labels, against prompting."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.cli.arguments import (
    LOCAL_MODEL_HELP,
    add_file_options,
    add_neutral,
    parse_read_options,
    print_notes,
)
from sentiment.errors import InputError

if TYPE_CHECKING:  # import torch
    from sentiment.data.examples import Examples
    from sentiment.evaluation.label_efficiency import LearningCurve
    from sentiment.evaluation.results import Result
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.training.label_efficiency import CurvePlan

WAYS = ("head", "lora", "contrastive")
SEEDS = 5
MAX_SEEDS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `make label-efficiency`."""
    parser.add_argument("models", nargs="+", metavar="BACKBONE", help=LOCAL_MODEL_HELP)
    parser.add_argument(
        "--data",
        default="sst2",
        help="sst2, first-lesson, or a CSV, JSON Lines or parquet file with texts and labels, a "
        "fifth of which is held out to evaluate on (default: sst2)",
    )
    parser.add_argument(
        "--ways",
        default="head,lora",
        help=f"of training, separated by commas: {', '.join(WAYS)} (default: head,lora; "
        "contrastive is for sentence encoders)",
    )
    parser.add_argument(
        "--sizes",
        help="numbers of labelled texts, separated by commas (default: 16,32,64,128,256,512, and "
        "for sst2 also 1024,4096)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=SEEDS,
        metavar="N",
        help=f"draws of each sample up to 512 texts; of larger ones there are fewer (default: "
        f"{SEEDS})",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the predictions (default: runs/label-efficiency/NAME)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="keep the finished runs of the folder"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_neutral(parser)
    add_file_options(parser)


def run(options: argparse.Namespace) -> int:
    """Train on samples of growing size, save the predictions and print curves and break-evens."""
    from sentiment.cli.console import curve_table
    from sentiment.evaluation.label_efficiency import describe_curves, find_lines
    from sentiment.evaluation.results import find_results
    from sentiment.inference.loader import ClassifierLoader

    loader = ClassifierLoader()
    train, evaluation = _load_data(options)
    folder = options.output or Path("runs") / "label-efficiency" / Path(options.data).stem
    plans = _plan(options, train, loader)
    curves = _run_all(plans, train, evaluation, loader, folder, options)
    prompted = [_score_zero_shot(name, evaluation, loader, folder) for name in options.models]
    prompted += [
        result
        for result in find_results()[0]
        if result.info.kind == "few-shot" and result.info.model in options.models
    ]
    lines = find_lines(prompted, curves[0])
    described = describe_curves(curves, lines)
    print(json.dumps(described, indent=2) if options.json else curve_table(described))
    print_notes([f"Predictions: {folder}"])
    return 0


def _load_data(options: argparse.Namespace) -> tuple[Examples, Examples]:
    """Load the texts to draw samples from, and those to evaluate on."""
    from sentiment.recipes import Recipe
    from sentiment.training.data import prepare_data

    recipe = Recipe(name="label-efficiency", summary="", dataset="sst2")
    source = None if options.data == "sst2" else Path(options.data)
    train, evaluations = prepare_data(recipe, source=source, reading=parse_read_options(options))
    print_notes(train.notes)
    return train, evaluations[0]


def _plan(
    options: argparse.Namespace, train: Examples, loader: ClassifierLoader
) -> list[CurvePlan]:
    """Plan the curves: TF-IDF first, then each way of each backbone.

    Raises:
        InputError: a number or a way is unknown or out of range.
    """
    from sentiment.evaluation.label_efficiency import TFIDF
    from sentiment.limits import MAX_SMALL
    from sentiment.training.label_efficiency import (
        MAX_CONTRASTIVE,
        OWN_SIZES,
        SIZES,
        check_sizes,
        plan_curve,
    )

    ways = [way.strip() for way in options.ways.split(",")]
    unknown = [way for way in ways if way not in WAYS]
    if unknown:
        raise InputError(f"Unknown way {unknown[0]!r}. Choose from: {', '.join(WAYS)}.")
    if not 1 <= options.seeds <= MAX_SEEDS:
        raise InputError(f"--seeds is {options.seeds}; choose from 1 to {MAX_SEEDS}.")
    sizes = _parse_sizes(options.sizes) or (SIZES if options.data == "sst2" else OWN_SIZES)
    check_sizes(sizes, train)
    if "contrastive" in ways and min(sizes) > MAX_CONTRASTIVE:
        raise InputError(
            f"Contrastive fine-tuning is run on up to {MAX_CONTRASTIVE} texts; the smallest of "
            f"--sizes is {min(sizes):,}. Add a smaller one, or leave contrastive out of --ways."
        )
    common: dict[str, Any] = {"n_train": len(train), "seeds": options.seeds}
    plans = [plan_curve(TFIDF, "tfidf", sizes, is_large=False, **common)]
    for name in options.models:
        count = sum(p.numel() for p in loader.backbone(name).model.parameters())
        for way in ways:
            plans.append(plan_curve(name, way, sizes, is_large=count > MAX_SMALL, **common))
    return plans


def _parse_sizes(given: str | None) -> tuple[int, ...]:
    """Parse `--sizes`.

    Raises:
        InputError: it holds something else than numbers.
    """
    try:
        return tuple(int(part) for part in given.split(",")) if given else ()
    except ValueError as error:
        raise InputError(
            f"--sizes is {given!r}; give numbers separated by commas, such as 16,64,256."
        ) from error


def _run_all(
    plans: list[CurvePlan],
    train: Examples,
    evaluation: Examples,
    loader: ClassifierLoader,
    folder: Path,
    options: argparse.Namespace,
) -> list[LearningCurve]:
    """Run all plans with one progress bar, which counts optimizer steps."""
    from tqdm.auto import tqdm

    from sentiment.evaluation.label_efficiency import Point
    from sentiment.runtime.logs import progress_disabled
    from sentiment.training.label_efficiency import count_steps, open_curve, run_curve

    data: dict[str, Any] = {"train": train, "evaluation": evaluation, "loader": loader}
    curves = [open_curve(plan, folder, is_resumed=options.resume, **data) for plan in plans]
    missing = [
        [point for point in plan.points if point not in curve.p_positive]
        for plan, curve in zip(plans, curves, strict=True)
    ]
    total = sum(
        count_steps(plan, point)
        for plan, points in zip(plans, missing, strict=True)
        for point in points
    )
    with tqdm(total=total, unit="step", disable=progress_disabled()) as bar:
        for plan, curve in zip(plans, curves, strict=True):
            bar.set_description(f"{plan.backbone} {plan.way}")

            def show(point: Point, accuracy: float, plan: CurvePlan = plan) -> None:
                bar.update(count_steps(plan, point))
                bar.set_postfix(texts=point.n, accuracy=f"{accuracy:.3f}")

            run_curve(plan, curve, folder, on_point=show, **data)
    return curves


def _score_zero_shot(
    name: str, evaluation: Examples, loader: ClassifierLoader, folder: Path
) -> Result:
    """Score the evaluation texts zero-shot, or take predictions that are saved."""
    from sentiment.cli.console import progress_bar
    from sentiment.evaluation.evaluate import build_result, find_result
    from sentiment.evaluation.results import save_result
    from sentiment.inference.scoring import score

    classifier = loader.load_zero_shot(name)
    path = folder / "zero-shot" / f"{name.replace('/', '--')}.parquet"
    found = find_result(classifier, evaluation, more=[path] if path.is_file() else [])
    if found is not None:
        return found
    with progress_bar(len(evaluation), f"{name} zero-shot") as progress:
        scores = score(classifier, evaluation.texts, progress=progress)
    result = build_result(classifier, evaluation, scores)
    save_result(result, path)
    return result
