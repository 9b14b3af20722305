"""Imports flow one way, along the line in the package's docstring."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sentiment
from tests.support.paths import ROOT

MODULES = [p for p in sorted((ROOT / "sentiment").rglob("*.py")) if p.name != "__main__.py"]
LINE, INSIDE_UI = [part for part in (sentiment.__doc__ or "").split("\n\n") if " > " in part]
TOP = {room: i for i, g in enumerate(LINE.split(">")) for room in g.replace(",", " ").split()}
RANK = {"sentiment": (len(TOP), 0)} | {f"sentiment.{room}": (i, 0) for room, i in TOP.items()}
for i, group in enumerate(INSIDE_UI.split(">")):
    RANK |= {f"sentiment.ui.{r}": (TOP["ui"], i) for r in group.replace(",", " ").split()}


def _room(module: str) -> str:
    return max((room for room in RANK if f"{module}.".startswith(f"{room}.")), key=len)


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return names | {f"{node.module}.{a.name}" for node in froms for a in node.names}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_its_own_package_or_a_later_group(path: Path) -> None:
    own = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name in (n for n in _imports(path) if n.startswith("sentiment.")):
        other = _room(name)
        is_later = RANK[own] < RANK[other] and ("ui" in own) >= ("ui" in other)
        assert own == other or is_later, f"{own} must not import {name}"


def test_every_package_has_a_place_in_the_line() -> None:
    packages = {path.parent.relative_to(ROOT) for path in MODULES}
    rooms = {".".join(folder.parts) for folder in packages} | {"sentiment.ui.app"}
    assert rooms == set(RANK)


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"][1:])
def test_packages_are_empty_files(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == ""


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
        (
            "from sentiment.cli.main import build_parser; build_parser()",
            {"torch", "gradio", "transformers", "pandas", "numpy"},
        ),
        (
            "from sentiment.cli.main import main; main(['train', '--list'])",
            {"torch", "gradio", "transformers", "pandas", "numpy"},
        ),
        ("import sentiment.models.classifier", {"gradio", "sklearn", "datasets"}),
        (
            "from sentiment.ui.app import build_demo; build_demo()",
            {"torch", "transformers", "peft", "sklearn", "scipy", "datasets", "evaluate"},
        ),
    ],
)
def test_what_must_start_at_once_loads_nothing_heavy(code: str, heavy: set[str]) -> None:
    assert not _modules_loaded_by(code) & heavy
