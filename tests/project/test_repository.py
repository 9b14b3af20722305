"""Promises the repository makes about itself."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from sentiment.evaluation.results import Result, find_results
from sentiment.models.catalogue import list_models
from sentiment.paths import BUNDLED
from sentiment.recipes import RECIPES, Recipe
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT_MATTER = yaml.safe_load(README.split("---")[1])
ASSET_LIMIT_MB = 200
MAX_FUNCTION = 55  # lines


def _own_files(pattern: str, folder: Path = ROOT) -> list[Path]:
    """The project's files, without what tools and trainings leave in it."""
    left_out = {"checkpoints", "runs"}
    return [
        path
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
        and path.relative_to(ROOT).parts[0] not in left_out
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


def test_the_space_runs_the_pinned_gradio() -> None:
    pins = (ROOT / "requirements.txt").read_text()
    assert f"gradio=={FRONT_MATTER['sdk_version']}" in pins.splitlines()
    assert "torch==2.13.0" in pins.splitlines()


def test_the_spaces_card_is_within_the_hubs_limits() -> None:
    assert len(FRONT_MATTER["short_description"]) <= 60
    assert FRONT_MATTER["python_version"] == "3.12"
    assert (ROOT / FRONT_MATTER["app_file"]).is_file()


def test_the_assets_stay_small_enough_to_clone() -> None:
    assert (
        sum(path.stat().st_size for path in _own_files("*", ROOT / "assets")) < ASSET_LIMIT_MB * 1e6
    )
    assert max(path.stat().st_size for path in _own_files("*", ROOT / "assets")) < 1e8


@pytest.mark.parametrize("path", _own_files("*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _own_files("*.py", ROOT / "sentiment")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert not long


def test_bundled_checkpoints_are_whole_and_name_no_path() -> None:
    bundled = [info for info in list_models() if info.folder.parent == BUNDLED]
    assert bundled
    for info in bundled:
        assert info.error == ""
        for path in info.folder.glob("*.json"):
            assert str(ROOT) not in path.read_text(encoding="utf-8")


def _bundled_results() -> dict[tuple[str, str, str], Result]:
    """Saved predictions that come with the repository, by model, data set and split."""
    bundled = {info.name for info in list_models() if info.folder.parent == BUNDLED}
    return {
        (result.info.model, result.info.dataset, result.info.split): result
        for result in find_results()[0]
        if result.info.model in bundled and result.info.kind != "few-shot"
    }


def test_the_readme_shows_the_bundled_accuracies() -> None:
    """In the table, the second column from the left tells what was trained; then SST-2, IMDb."""
    rows = re.findall(
        r"^\| `([\w-]+)` \|[^|\n]*\| (\S+)[^|\n]*\| (\S+)[^|\n]*\|", README, flags=re.MULTILINE
    )
    shown = {
        (name, dataset): figure
        for name, *figures in rows
        for dataset, figure in zip(("sst2", "imdb"), figures, strict=True)
        if re.fullmatch(r"0\.\d{4}", figure)
    }
    official = {("sst2", "validation"), ("imdb", "test")}
    assert shown == {
        (model, dataset): f"{result.metrics.accuracy:.4f}"
        for (model, dataset, split), result in _bundled_results().items()
        if (dataset, split) in official
    }


def test_stored_metrics_are_those_of_the_stored_predictions() -> None:
    computed = _bundled_results()
    for info in list_models():
        if info.kind == "fine-tuned" and info.folder.parent == BUNDLED:
            metrics = json.loads((info.folder / "metrics.json").read_text(encoding="utf-8"))
            for stored in metrics["evaluations"]:
                rows = (stored["dataset"], stored["split"])
                tuned = computed[(info.name, *rows)].metrics
                assert stored["fine-tuned"] == json.loads(json.dumps(tuned.to_dict()))
                asked = computed[(info.backbone, *rows)].metrics
                assert stored["zero-shot"]["accuracy"] == asked.accuracy


def test_bundled_checkpoints_were_trained_from_a_commit_and_backbones_carry_a_clean_tokenizer() -> (
    None
):
    for info in list_models():
        path = info.folder / "tokenizer.json"
        if info.folder.parent == BUNDLED and path.is_file():
            assert info.kind == "zero-shot"  # the others have that of their backbone
            tokenizer = json.loads(path.read_text(encoding="utf-8"))
            assert tokenizer["truncation"] is None
            assert tokenizer["padding"] is None
        source = {"baseline": "baseline.json", "zero-shot": "pretraining.json"}.get(info.kind)
        if info.folder.parent == BUNDLED and source and (info.folder / source).is_file():
            described = json.loads((info.folder / source).read_text(encoding="utf-8"))
            assert re.fullmatch(r"[0-9a-f]{7,}", described["commit"])
        if info.folder.parent == BUNDLED and info.kind == "fine-tuned":
            run = json.loads((info.folder / "run.json").read_text(encoding="utf-8"))
            assert re.fullmatch(r"[0-9a-f]{7,}", run["commit"])
            # a setting that came later had its default then
            now = json.loads(json.dumps(asdict(RECIPES[info.name])))
            defaults = json.loads(json.dumps(asdict(Recipe(name="", summary=""))))
            assert {**defaults, **run["recipe"]} == now


def test_every_promise_names_tests_that_exist() -> None:
    promises = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    rows = [line for line in promises.splitlines() if re.match(r"\| (?!-|what |input|load )", line)]
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert named or row.endswith("| the same |"), row
        for path, test in named:
            assert f"def {test}(" in (ROOT / "tests" / path).read_text(), test
