"""`sentiment push`: upload a checkpoint to the Hugging Face Hub."""

from __future__ import annotations

import argparse

from sentiment.cli.arguments import LOCAL_MODEL_HELP, Commands


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("push", help="upload a checkpoint to the Hugging Face Hub")
    parser.add_argument("model", help=LOCAL_MODEL_HELP)
    parser.add_argument("hub_id", help="repository to upload to, such as owner/name")
    parser.add_argument("--private", action="store_true", help="create it as a private repository")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Upload the checkpoint and print its address."""
    from sentiment.hub import check_hub_id, push_checkpoint
    from sentiment.models.catalogue import resolve_model

    hub_id = check_hub_id(options.hub_id)
    folder = resolve_model(options.model)
    print(f"Pushed to {push_checkpoint(folder, hub_id, is_private=options.private)}")
    return 0
