"""`sentiment rescore`: evaluate a checkpoint again on the same data."""

from __future__ import annotations

import argparse
import itertools

from sentiment.cli.arguments import LOCAL_MODEL_HELP, Commands, add_data_folder


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "rescore", help="evaluate a checkpoint again on its data and rewrite its model card"
    )
    parser.add_argument("model", help=LOCAL_MODEL_HELP)
    add_data_folder(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate the checkpoint again, rewrite its files and print the metrics."""
    from sentiment.cli.console import metrics_table, progress_bar
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.catalogue import resolve_model
    from sentiment.training.experiment import rescore

    results = rescore(
        resolve_model(options.model),
        loader=ClassifierLoader(),
        data=options.data,
        progress_factory=progress_bar,
    )
    for result in itertools.chain.from_iterable(results):
        print(metrics_table(result))
    return 0
