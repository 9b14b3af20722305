"""`sentiment evaluate`: metrics and the confusion matrix on labelled texts."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sentiment.cli.arguments import (
    DATA_HELP,
    MODEL_HELP,
    Commands,
    add_engine,
    add_reading,
    add_template,
    load_on_engine,
)
from sentiment.errors import InputError


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("evaluate", help="metrics and confusion matrix on labelled texts")
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("--data", required=True, help=DATA_HELP)
    parser.add_argument(
        "--split",
        help="train, validation or test (default: the one used for evaluation), or a random part "
        "held out of training, such as train-random-20-seed-42",
    )
    parser.add_argument(
        "--output", type=Path, help="save the predictions as parquet, without texts"
    )
    add_template(parser)
    add_reading(parser)
    add_engine(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score the texts, print the metrics and save the predictions where a file is named."""
    from sentiment.cli.console import metrics_table, progress_bar
    from sentiment.data.loading import load_examples
    from sentiment.evaluation.evaluate import build_result
    from sentiment.evaluation.results import save_result
    from sentiment.inference.scoring import score_distributed
    from sentiment.models.catalogue import read_seed, resolve_model
    from sentiment.runtime.distributed import is_main_process

    examples = load_examples(options.data, options.split)
    blank = [str(i + 1) for i, text in enumerate(examples.texts) if not text]
    if blank:
        raise InputError(
            f"{len(blank)} rows have no text (such as row {blank[0]}). Fill them or leave them out."
        )
    classifier = load_on_engine(options)
    with progress_bar(len(examples), classifier.name) as report:
        scores = score_distributed(classifier, examples.texts, progress=report)
    seed = read_seed(resolve_model(options.model))
    result = build_result(classifier, examples, scores, seed=seed)
    if not is_main_process():
        return 0
    if options.json:
        print(json.dumps({**asdict(result.info), **result.metrics.to_dict()}, indent=2))
    else:
        print(metrics_table(result))
    if options.output:
        save_result(result, options.output)
        print(f"Predictions: {options.output}", file=sys.stderr)
    return 0
