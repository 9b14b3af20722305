"""`sentiment deploy`: upload the app as a Hugging Face Space."""

from __future__ import annotations

import argparse

from sentiment.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("deploy", help="upload the app as a Hugging Face Space")
    parser.add_argument("space_id", metavar="OWNER/NAME", help="the Space; created if missing")
    parser.add_argument(
        "--hardware",
        choices=["cpu", "zero"],
        default="cpu",
        help="hardware of the Space: a CPU, or ZeroGPU with an older torch (default: cpu)",
    )
    parser.add_argument("--private", action="store_true", help="create it as a private Space")
    parser.add_argument(
        "--dry-run", action="store_true", help="list what would be uploaded, and stop"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Upload the files of the app, or list them."""
    from sentiment.hub import check_hub_id
    from sentiment.serving.space import deploy_space, plan_space, size_of

    options.space_id = check_hub_id(options.space_id, kind="space")
    files = plan_space(options.hardware, space_id=options.space_id)
    total = sum(map(size_of, files.values()))
    if options.dry_run:
        for name, content in files.items():
            rewritten = " (rewritten)" if isinstance(content, bytes) else ""
            print(f"{size_of(content):>12,}  {name}{rewritten}")
    print(f"{len(files)} files, {total / 1e6:.1f} MB, for {options.hardware} hardware.")
    if not options.dry_run:
        url = deploy_space(options.space_id, hardware=options.hardware, is_private=options.private)
        print(f"Deployed to {url}")
    return 0
