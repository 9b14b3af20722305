"""Assemble the command line `sentiment`, run one command and turn errors into exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from sentiment import __version__
from sentiment.cli import (
    compare,
    deploy,
    evaluate,
    latency,
    make,
    models,
    prompt,
    push,
    rescore,
    score,
    train,
)
from sentiment.errors import SentimentError

COMMANDS = (train, models, score, evaluate, compare, prompt, latency, rescore, push, deploy, make)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser with one subparser per command, without importing torch."""
    parser = argparse.ArgumentParser(
        prog="sentiment",
        description="Train, evaluate and compare sentiment classifiers, zero-shot and fine-tuned.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when all went well, also if the reader of the output stopped early, as `head` does; 2 on
        bad input, 130 when interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = build_parser().parse_args(arguments, argparse.Namespace(arguments=arguments))

    from sentiment.runtime.logs import silence_libraries  # slow to import

    silence_libraries()
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is still buffered would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SentimentError as error:
        print(f"sentiment: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sentiment: interrupted.", file=sys.stderr)
        return 130
