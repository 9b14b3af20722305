"""What the documentation names exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
JOURNEYS = re.findall(r"```\n(.*?)```", ARCHITECTURE, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_every_anchor_to_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", own.lower()).replace(" ", "-") for own in headings]
            assert anchor in slugs, target


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.split()[0])
def test_a_journey_has_eight_steps_at_most_and_names_what_exists(journey: str) -> None:
    steps = re.findall(r"^ *(\w+(?:/\w+)*\.py) +(\w+)", journey, re.MULTILINE)
    assert len(steps) == len(journey.strip().splitlines()) <= 8
    for path, name in steps:
        code = (ROOT / "sentiment" / path).read_text(encoding="utf-8")
        assert re.search(rf"\b(def|class) {name}\b", code), f"{path} has no {name}"


def test_there_are_four_journeys() -> None:
    assert len(JOURNEYS) == 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_of_the_project_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:sentiment|tests|docs|tools|benchmarks|assets)/[\w/.-]*)`", text):
        assert (ROOT / path).exists(), path


def test_the_readmes_tree_names_what_exists() -> None:
    (tree,) = re.findall(r"```\n(app\.py.*?)```", PAGES[0].read_text(), flags=re.DOTALL)
    names = {path.name for path in ROOT.glob("sentiment/**/*.py")} | {"app.py", "train_model.py"}
    assert set(re.findall(r"\b\w+\.py\b", tree)) <= names
    folders = re.findall(r"^ *(\w+)/ ", tree, re.MULTILINE)
    known = {path.name for path in ROOT.glob("*")} | {
        path.name for path in ROOT.glob("sentiment/**/")
    }
    assert set(folders) <= known
    assert len(folders) > 15


def test_the_readme_fits_one_screen_and_a_map() -> None:
    after_front_matter = PAGES[0].read_text(encoding="utf-8").split("\n---\n", 1)[1]
    assert len(after_front_matter.strip().splitlines()) <= 140


@pytest.mark.slow
def test_the_readmes_commands_run(tmp_path: Path) -> None:
    (block,) = re.findall(r"```bash\n(# score:.*?)```", PAGES[0].read_text(), flags=re.DOTALL)
    commands = re.findall(r"^python -m (sentiment .*)$", block, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["score", "evaluate", "compare", "train"]
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "scored.csv").is_file()
