"""`sentiment latency`: measure the inference time of models per text."""

from __future__ import annotations

import argparse

from sentiment.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "latency", help="measure the inference time per text and save it with each model"
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="names that `models` lists")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure each model, save the latency in its folder and print it."""
    from sentiment.evaluation.latency import measure_latency, save_latency
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import resolve_model

    loader = ClassifierLoader()
    for name in options.models:
        folder = resolve_model(name)
        result = measure_latency(loader.load(name))
        save_latency(result, folder)
        print(
            f"{name}: {result.median_ms:.1f} ms per text (median of {result.n}), "
            f"{result.p95_ms:.1f} ms at the 95th percentile, {result.threads} threads, "
            f"{result.hardware['processor']}"
        )
    return 0
