"""Style sheets and words of the page: each in its place, and none that nothing shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sentiment.paths import ASSETS
from sentiment.ui.session.links import TABS
from tests.support.paths import ROOT

PAGE = ROOT / "sentiment" / "ui"
STYLES = sorted((ASSETS / "styles").glob("*.css"))
# What shows words and classes. Some classes are made from a label or a kind: `s-{{ label }}`.
SHOWS = [*PAGE.rglob("*.py"), *PAGE.rglob("*.html"), *ASSETS.glob("*.js")]
MADE = re.compile(
    r"s-(negative|positive|zero-shot|fine-tuned|baseline|at-\d|in-\w+|curve-\w+|line-\w+)$"
)


def _selectors(css: str) -> list[str]:
    """The selectors of a style sheet, also those in media queries, without page-level rules."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [own.strip() for own in re.findall(r"([^{};]+)\{", plain)]
    frames = re.compile(r"@|from$|to$|\d+%")
    return [own for own in found if not frames.match(own)]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_the_style_of_a_tab_is_that_of_no_other(path: Path) -> None:
    """Two tabs that give a class the same name would change each other."""
    name = path.stem.partition("-")[2]
    if name not in TABS:
        return
    own = re.compile(rf"#panel-{name}\b|#{name}-|html|body|:root|\.(main|tab|tabitem|column)\b")
    outside = [one for one in _selectors(path.read_text(encoding="utf-8")) if not own.search(one)]
    assert outside == []


def test_every_class_that_is_styled_is_shown() -> None:
    shown = set(re.findall(r"s-[a-z0-9-]+", "".join(path.read_text() for path in SHOWS)))
    styled = {
        name
        for path in STYLES
        for one in _selectors(path.read_text(encoding="utf-8"))
        for name in re.findall(r"\.(s-[a-z0-9-]+)", one)
    }
    assert sorted(name for name in styled - shown if not MADE.match(name)) == []


def _names(tree: ast.Module) -> set[str]:
    """The constants that a module defines."""
    targets = [
        target
        for node in tree.body
        for target in getattr(node, "targets", [getattr(node, "target", None)])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_every_word_of_the_page_is_shown() -> None:
    texts = {path.stem: path for path in (PAGE / "text").glob("[!_]*.py")}
    used: dict[str, set[str]] = {name: set() for name in texts}
    for path in [*(ROOT / "sentiment").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "sentiment.ui.text":
                called |= {own.asname or own.name: own.name for own in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                parent, _, name = node.module.rpartition(".")
                if parent == "sentiment.ui.text":
                    used[name] |= {own.name for own in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.get(called.get(node.value.id, ""), set()).add(node.attr)
            elif isinstance(node, ast.Name) and texts.get(path.stem) == path:
                used[path.stem] |= {node.id} if isinstance(node.ctx, ast.Load) else set()
    templates = "".join(path.read_text() for path in PAGE.rglob("*.html"))
    in_templates = set(re.findall(r"copy\.([A-Z_]+)", templates))
    unused = {
        name: sorted(_names(ast.parse(path.read_text())) - used[name] - in_templates - {"__all__"})
        for name, path in texts.items()
    }
    assert {name: words for name, words in unused.items() if words} == {}
