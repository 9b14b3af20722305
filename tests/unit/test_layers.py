"""Imports flow one way, from the top of the layer line to its end."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sentiment

ROOT = Path(__file__).resolve().parents[2]


def _layers() -> list[list[str]]:
    """The layer line of the package's docstring, highest group first."""
    line = next(part for part in (sentiment.__doc__ or "").split("\n\n") if " > " in part)
    return [group.replace(",", " ").split() for group in line.split(">")]


RANK = {room: level for level, rooms in enumerate(_layers()) for room in rooms}


def _modules() -> list[tuple[str, Path]]:
    package = [
        (p.stem, p) for p in sorted((ROOT / "sentiment").glob("*.py")) if p.stem != "__init__"
    ]
    ui = [("ui", p) for p in sorted((ROOT / "sentiment" / "ui").glob("*.py"))]
    return [*package, *ui, ("app", ROOT / "app.py"), ("train_model", ROOT / "train_model.py")]


def _imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sentiment"):
            parts = (node.module or "").split(".")
            names = parts[1:2] or [alias.name for alias in node.names]
            rooms.update(names)
        elif isinstance(node, ast.Import):
            rooms.update(
                a.name.split(".")[1] for a in node.names if a.name.startswith("sentiment.")
            )
    return rooms - {"__version__"}


@pytest.mark.parametrize(("room", "path"), _modules(), ids=lambda value: getattr(value, "name", ""))
def test_a_room_imports_only_rooms_below_it(room: str, path: Path) -> None:
    for imported in _imported_rooms(path) - {room}:
        assert RANK[imported] > RANK[room], f"{path.name} ({room}) must not import {imported}"


def test_every_room_has_a_place_in_the_line() -> None:
    assert {room for room, _ in _modules()} == set(RANK)


def _modules_loaded_by(code: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(printed.stdout.split())


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import sentiment", {"torch", "gradio", "transformers"}),
        ("import app", {"torch", "gradio", "transformers", "pandas", "numpy"}),
        ("import sentiment.recipes", {"torch", "gradio", "transformers", "pandas"}),
        ("import train_model; train_model.build_parser()", {"torch", "gradio", "transformers"}),
        ("import sentiment.__main__ as m; m.build_parser()", {"torch", "gradio", "transformers"}),
        ("import sentiment.models.classifier", {"gradio", "sklearn", "datasets"}),
        (
            "from sentiment.ui.app import build_demo; build_demo()",
            {"torch", "transformers", "peft", "sklearn", "scipy", "datasets", "evaluate"},
        ),
    ],
)
def test_what_must_start_at_once_loads_nothing_heavy(code: str, heavy: set[str]) -> None:
    assert not _modules_loaded_by(code) & heavy
