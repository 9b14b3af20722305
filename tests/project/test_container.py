"""The container is ready to be built: what its Dockerfile says holds, and a linter agrees."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from sentiment.ui.server.service import HEALTH_PATH
from tests.support.paths import ROOT

LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
HADOLINT = Path(sys.executable).with_name("hadolint")


def _all(step: str) -> list[str]:
    return [rest for name, rest in STEPS if name == step]


def test_it_runs_as_nobody_in_particular_and_asks_for_its_health() -> None:
    names = [name for name, _ in STEPS]
    assert _all("USER") == ["1000"]
    assert names.index("USER") < names.index("CMD")
    (health,) = _all("HEALTHCHECK")
    assert f"http://127.0.0.1:7860{HEALTH_PATH}" in health
    program, *arguments = json.loads(health.split("CMD", 1)[1])
    assert program == "python"
    assert arguments[0] == "-c"
    compile(arguments[1], "healthcheck", "exec")
    assert json.loads(_all("CMD")[0]) == ["python", "app.py"]


def test_everything_it_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    for step in _all("COPY"):
        *sources, _ = [word for word in shlex.split(step) if not word.startswith("--")]
        for source in sources:
            assert (ROOT / source).exists()
            assert any(fnmatch(source.removeprefix("./"), own) for own in kept), source


@pytest.mark.slow
def test_the_app_starts_from_what_is_copied_alone_and_without_a_network(tmp_path: Path) -> None:
    for step in _all("COPY"):
        *sources, target = [word for word in shlex.split(step) if not word.startswith("--")]
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target)
            else:
                shutil.copy(ROOT / source, tmp_path)
    script = (
        "import socket\n"
        "def refuse(*_, **__): raise OSError('no network')\n"
        "socket.getaddrinfo = socket.create_connection = refuse\n"
        "from sentiment.serving.lineup import LineUp\n"
        "from sentiment.ui.app import build_demo\n"
        "from sentiment.ui.server.launch import launch_kwargs\n"
        "from sentiment.ui.server.service import ServerLifecycle\n"
        "lineup = LineUp()\n"
        "build_demo(lineup); launch_kwargs(ServerLifecycle(lineup))\n"
        "answers = [lineup.predict(model, 'a warm film') for model in lineup.default_models()]\n"
        "assert len(answers) == 8 and not any(own.error for own in answers), answers\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not HADOLINT.is_file(), reason="hadolint is not installed")
def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
