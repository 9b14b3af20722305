"""`sentiment evaluate`: metrics and the confusion matrix on labelled texts."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.cli.arguments import (
    DATA_HELP,
    MODEL_HELP,
    PREDICTIONS_HELP,
    Commands,
    add_file_options,
    add_inference_options,
    add_neutral,
    add_predictions,
    print_notes,
)
from sentiment.cli.shots import add_shots

if TYPE_CHECKING:  # imports pandas
    from sentiment.evaluation.results import Result


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("evaluate", help="metrics and confusion matrix on labelled texts")
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help=f"{MODEL_HELP}, {PREDICTIONS_HELP}"
    )
    parser.add_argument("--data", help=DATA_HELP)
    parser.add_argument(
        "--split",
        help="train, validation or test (default: the one used for evaluation), or a random "
        "hold-out of train, such as train-random-20-seed-42",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="save the predictions, without texts, as .csv, .jsonl or .parquet",
    )
    add_inference_options(parser)
    add_shots(parser)
    add_predictions(parser)
    add_neutral(parser)
    add_file_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score the texts, save the predictions where a file is named, and print the metrics."""
    from sentiment.cli.predictions import collect_results
    from sentiment.data.writing import check_output_ending

    if options.output:
        check_output_ending(options.output)
    results = collect_results(options, use_saved=False)
    for result in results:
        _ = result.metrics  # raises where there are no labels
    from sentiment.cli.console import draws_table, metrics_table
    from sentiment.evaluation.draws import group_draws
    from sentiment.runtime.distributed import is_main_process

    if not is_main_process():
        return 0
    if options.output:
        _save(results, options.output)
        print_notes([f"Predictions: {options.output}"])
    if options.json:
        print(json.dumps(_to_json(results), indent=2))
    else:
        for group in group_draws(results):
            print(metrics_table(group[0]) if len(group) == 1 else draws_table(group))
    return 0


def _to_json(results: list[Result]) -> dict[str, Any]:
    """Convert results to JSON values; several draws of a model also with their mean."""
    from sentiment.evaluation.draws import group_draws, summarize_draws

    found = [{**asdict(result.info), **result.metrics.to_dict()} for result in results]
    if len(found) == 1:
        return found[0]
    drawn = [group for group in group_draws(results) if len(group) > 1]
    summaries = [
        {"model": group[0].info.model, **summarize_draws(group).to_dict()} for group in drawn
    ]
    return {"models": found, **({"few_shot": summaries} if summaries else {})}


def _save(results: list[Result], output: Path) -> None:
    """Save predictions; those of one model as parquet keep what they were made with."""
    from sentiment.data.writing import write_table
    from sentiment.evaluation.prediction_files import to_table
    from sentiment.evaluation.results import save_result

    if output.suffix.lower() == ".parquet" and len(results) == 1:
        save_result(results[0], output)
    else:
        write_table(to_table(results), output)
