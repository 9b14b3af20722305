"""`sentiment compare`: paired comparison of models with McNemar's test."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.cli.arguments import Commands
from sentiment.errors import InputError

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
        help="a name that `models` lists, saved predictions (parquet), or a CSV with id, label and "
        "p_positive",
    )
    parser.add_argument(
        "--data", help="data set that the named models were evaluated on: sst2, imdb, …"
    )
    parser.add_argument("--split", help="split (default: the one used for evaluation)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name in ("table", "pairs"):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write the {name} as .csv, .tex or .md"
        )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the metrics of every model and the comparison of every pair."""
    from sentiment.evaluation.comparison import compare
    from sentiment.evaluation.score_table import (
        export_pairs,
        export_scores,
        scores_frame,
        write_export,
    )
    from sentiment.models.catalogue import list_models

    results = [_find_saved(name, options.data, options.split) for name in options.models]
    names = _make_unique([result.info.model for result in results])
    results = [
        replace(result, info=replace(result.info, model=name))
        for result, name in zip(results, names, strict=True)
    ]
    pairs = compare(results)
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


def _find_saved(name: str, data: str | None, split: str | None) -> Result:
    """Load saved predictions: a file, or those of the model `name` on `data`.

    Raises:
        InputError: there are none.
        DataError: the file holds no predictions.
    """
    from sentiment.data.loading import find_split_to_score
    from sentiment.evaluation.results import find_results, load_foreign, load_result

    path = Path(name)
    if path.suffix.lower() == ".parquet":
        return load_result(path)
    if path.suffix.lower() == ".csv":
        return load_foreign(path)
    if data is None:
        raise InputError("Name the data set of the saved predictions, such as --data sst2.")
    results, _ = find_results()
    candidates = [r for r in results if r.info.model == name and r.info.dataset == data]
    wanted_split = split or find_split_to_score(data) or "all"
    for result in candidates:
        if result.info.split == wanted_split:
            return result
    others = sorted({result.info.split for result in candidates} - {wanted_split})
    hint = f" There are some on: {', '.join(others)}." if others else ""
    raise InputError(
        f"No saved predictions of {name!r} on {data} {wanted_split}.{hint} Make them with python "
        f"-m sentiment evaluate {name} --data {data} --output FILE.parquet, and give that file."
    )


def _make_unique(names: list[str]) -> list[str]:
    """Make names unique by numbering duplicates."""
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]
