"""`sentiment score`: add a predicted label and a probability to every row of a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sentiment.cli.arguments import (
    MODEL_HELP,
    Commands,
    add_engine,
    add_reading,
    add_template,
    load_on_engine,
)


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "score", help="add a predicted label and a probability to every row of a file"
    )
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("input", type=Path, help="CSV in UTF-8, or parquet, of any size")
    parser.add_argument("--output", type=Path, required=True, help=".csv or .parquet to write")
    add_template(parser)
    add_reading(parser)
    add_engine(parser)
    parser.add_argument("--text-column", default="text", help="column that holds the texts (text)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score the file in parts and print the counts; the same command resumes an interrupted run."""
    from sentiment.cli.console import progress_bar
    from sentiment.inference.columns import describe_renamed
    from sentiment.inference.score_file import parts_folder, score_file
    from sentiment.runtime.distributed import is_main_process

    classifier = load_on_engine(options)
    folder = parts_folder(options.output)
    try:
        with progress_bar(0, classifier.name) as report:
            done = score_file(
                classifier,
                options.input,
                options.output,
                text_column=options.text_column,
                progress=report,
            )
    except KeyboardInterrupt:
        if is_main_process() and folder.is_dir():
            print(
                f"The rows scored so far are kept in {folder}; the same command continues.",
                file=sys.stderr,
            )
        raise
    if not is_main_process():
        return 0
    resumed = f" ({done.found:,} of them before)" if done.found else ""
    print(
        f"{done.scored:,} texts scored{resumed}, {done.positive:,} positive; {done.empty:,} empty; "
        f"{done.shortened:,} longer than the model reads. Written to {options.output}"
    )
    if done.renamed:
        print(describe_renamed(done.renamed))
    return 0
