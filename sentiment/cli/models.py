"""`sentiment models`: list the available models."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from sentiment.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("models", help="list the available models")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a table of the models, or JSON; print errors to standard error."""
    from sentiment.models.catalogue import list_models

    available = list_models()
    if options.json:
        print(json.dumps([{**asdict(m), "folder": str(m.folder)} for m in available], indent=2))
        return 0
    if not available:
        print("No models on this machine. Train one with python -m sentiment train.")
        return 0
    rows = [("MODEL", "KIND", "BACKBONE", "PARAMETERS", "TRAINABLE", "FOLDER")]
    for model in available:
        columns = (f"{model.parameters:,}", f"{model.trainable:,}", str(model.folder))
        rows.append((model.name, model.kind, model.backbone, *columns))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for model in available:
        if model.error:
            print(f"{model.name} cannot be used: {model.error}", file=sys.stderr)
    return 0
