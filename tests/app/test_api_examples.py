"""The examples of docs/api.md run as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from sentiment.serving.lineup import LineUp
from sentiment.serving.space import ROOT

ADDRESS = "http://127.0.0.1:7860"
ENDPOINTS = ("compare", "score", "models", "explain")
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def _last(line: str) -> Any:
    """What a line says of an answer that came whole."""
    assert line.startswith("data: ")
    return json.loads(line.removeprefix("data: "))[0]


def test_every_endpoint_has_an_example_in_python_and_with_curl() -> None:
    python, bash = ("\n".join(_blocks(language)) for language in ("python", "bash"))
    for endpoint in ENDPOINTS:
        assert f'api_name="/{endpoint}"' in python
        assert f"ask {endpoint} " in bash


def test_the_python_examples_run(bundled_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    known: dict[str, Any] = {}
    said = {}
    for block in _blocks("python"):
        exec(block.replace(ADDRESS, bundled_url), known)
        named = re.findall(r'api_name="/(\w+)"', block)
        said.update(dict.fromkeys(named, capsys.readouterr().out))
    assert set(said) == set(ENDPOINTS)
    shown = [model.name for model in LineUp().default_models()]
    assert [line.split()[0] for line in said["compare"].splitlines()] == shown
    assert said["score"].count("'label': ") == 2
    assert "'distilbert-mini-sst2-head'" in said["models"]
    assert said["explain"].startswith("gpt2-mini {")


def test_the_curl_examples_run(bundled_url: str) -> None:
    missing = [tool for tool in ("bash", "curl") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} cannot be found")
    (script,) = _blocks("bash")
    done = subprocess.run(
        ["bash", "-eu", "-c", script.replace(ADDRESS, bundled_url.rstrip("/"))],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert lines[::2] == ["event: complete"] * len(ENDPOINTS)
    compared, scored, models, explained = map(_last, lines[1::2])
    assert [answer["model"] for answer in compared] == ["gpt2-mini", "gpt2-mini-sst2-lora"]
    assert "has a tone that is" in compared[0]["prompt"]
    assert [len(scored), len(explained)] == [2, 1]
    assert "distilbert-mini" in {model["model"] for model in models}
