"""`sentiment compare`: paired comparison of models with McNemar's test."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.cli.arguments import (
    DATA_HELP,
    MODEL_HELP,
    PREDICTIONS_HELP,
    Commands,
    add_file_options,
    add_inference_options,
    add_neutral,
    add_predictions,
)
from sentiment.cli.shots import add_shots

if TYPE_CHECKING:  # import pandas
    from sentiment.evaluation.comparison import Comparison
    from sentiment.evaluation.results import Result


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compare", help="paired comparison of models: metrics and exact McNemar test"
    )
    parser.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help=f"{MODEL_HELP}, {PREDICTIONS_HELP}",
    )
    parser.add_argument(
        "--data",
        help=f"texts that the models are compared on: {DATA_HELP}. Models without saved "
        "predictions on them are scored now",
    )
    parser.add_argument("--split", help="split (default: the one used for evaluation)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name in ("table", "pairs"):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write the {name} as .csv, .tex or .md"
        )
    add_inference_options(parser)
    add_shots(parser)
    add_predictions(parser)
    add_neutral(parser)
    add_file_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the metrics of every model and the comparison of every pair."""
    from sentiment.cli.predictions import collect_results
    from sentiment.evaluation.comparison import compare
    from sentiment.evaluation.results import name_results
    from sentiment.evaluation.score_table import (
        export_pairs,
        export_scores,
        scores_frame,
        write_export,
    )
    from sentiment.models.catalogue import list_models
    from sentiment.runtime.distributed import is_main_process

    is_exact = options.template is None and options.engine == "exact"
    is_default = is_exact and not options.labels and not options.base
    results = collect_results(options, use_saved=is_default)
    names = _make_unique(name_results(results))
    results = [
        replace(result, info=replace(result.info, model=name))
        for result, name in zip(results, names, strict=True)
    ]
    pairs = compare(results)
    if not is_main_process():
        return 0
    frame = scores_frame(results, list_models())
    if options.table:
        write_export(options.table, lambda form: export_scores(frame, form))
    if options.pairs:
        write_export(options.pairs, lambda form: export_pairs(pairs, form))
    if options.json:
        print(_to_json(results, pairs))
    else:
        _print_comparisons(results, pairs)
    return 0


def _to_json(results: list[Result], pairs: list[Comparison]) -> str:
    models = [
        {**asdict(result.info), **result.metrics.to_dict(), **result.reliability.to_dict()}
        for result in results
    ]
    return json.dumps({"models": models, "pairs": [p.to_dict() for p in pairs]}, indent=2)


def _print_comparisons(results: list[Result], pairs: list[Comparison]) -> None:
    from sentiment.cli.console import metrics_table

    for result in results:
        print(metrics_table(result))
    for pair in pairs:
        print(
            f"{pair.a} and {pair.b}: both correct {pair.both_right:,}, only {pair.a} "
            f"{pair.only_a_right:,}, only {pair.b} {pair.only_b_right:,}, neither "
            f"{pair.both_wrong:,}"
        )
        print(f"  {pair.sentence}")
    if len(pairs) > 1:
        print(f"p-values are corrected for {len(pairs)} comparisons (Holm).")


def _make_unique(names: list[str]) -> list[str]:
    """Make names unique by numbering duplicates."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]
