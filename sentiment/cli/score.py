"""`sentiment score`: add a predicted label and a probability to every row of a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sentiment.cli.arguments import (
    MODEL_HELP,
    Commands,
    add_file_options,
    add_inference_options,
    load_on_engine,
    parse_read_options,
    print_notes,
)
from sentiment.errors import InputError


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "score", help="add a predicted label and a probability to every row of a file"
    )
    parser.add_argument("model", help=MODEL_HELP)
    parser.add_argument("input", type=Path, help="CSV, JSON Lines or parquet, of any size")
    parser.add_argument(
        "--output", type=Path, required=True, help=".csv, .jsonl or .parquet to write"
    )
    add_inference_options(parser)
    add_file_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score the file in parts and print the counts; rerun the command to resume."""
    _check(options)
    from sentiment.cli.console import progress_bar
    from sentiment.formatting import count_of
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
                reading=parse_read_options(options),
                progress=report,
            )
    except KeyboardInterrupt:
        if is_main_process() and folder.is_dir():
            print(
                f"The rows scored so far are kept in {folder}. Run the same command to continue.",
                file=sys.stderr,
            )
        raise
    if not is_main_process():
        return 0
    print_notes([*done.notes, f"Texts are read from the column {done.text_column}."])
    resumed = f" ({done.found:,} of them in an earlier run)" if done.found else ""
    first = f" (the first in row {done.first_shortened:,})" if done.first_shortened else ""
    print(
        f"{count_of(done.scored, 'text')} scored{resumed}, {done.positive:,} positive; "
        f"{done.empty:,} empty; {done.shortened:,} truncated to the maximum length{first}. Written "
        f"to {options.output}"
    )
    if done.renamed:
        print(describe_renamed(done.renamed))
    return 0


def _check(options: argparse.Namespace) -> None:
    """Check the file, its columns, the output and the model, before anything slow is imported.

    Raises:
        InputError: a file or a column cannot be used.
        CheckpointError: there is no such model.
    """
    from sentiment.data.columns import LABEL, TEXT, find_column, require_column
    from sentiment.data.tables import read_columns
    from sentiment.data.writing import check_output_ending
    from sentiment.models.catalogue import resolve_model

    check_output_ending(options.output)
    if (
        options.output.exists()
        and options.input.exists()
        and (options.output.samefile(options.input))
    ):
        raise InputError(
            f"{options.input} is the file to score, and --output would replace it. Name another "
            f"file to write."
        )
    columns = read_columns(options.input, reading=parse_read_options(options))
    require_column(columns, TEXT, options.text_column, file=options.input.name)
    find_column(columns, LABEL, options.label_column, file=options.input.name)
    resolve_model(options.model, base=options.base)
