"""The app as a Space: what is uploaded, what is refused, and the work a borrowed GPU does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import metadata_load

from sentiment.cli.main import main
from sentiment.errors import InputError
from sentiment.serving.space import ROOT, check_front_matter, plan_space, use_zero_gpu
from tests.support.fake_hub import serve_hub

CHANGES = {
    "sdk_version: 6.31.0": ("sdk_version: 5.0.0", "requirements.txt pins another gradio"),
    'python_version: "3.12"': ('python_version: "3.10"', "python_version is '3.10'"),
    "short_description: Zero": ("short_description: " + "Zero " * 20, "short_description has"),
    "sdk: gradio": ("sdk: docker", "sdk is 'docker'"),
    "app_file: app.py": ("app_file: main.py", "app_file 'main.py' does not exist"),
}


def test_the_front_matter_of_this_project_is_one_the_hub_takes() -> None:
    assert check_front_matter() == []


@pytest.mark.parametrize("before", CHANGES)
def test_a_front_matter_the_hub_would_refuse_is_named(before: str, tmp_path: Path) -> None:
    after, problem = CHANGES[before]
    for name in ("README.md", "requirements.txt", "app.py"):
        shutil.copy(ROOT / name, tmp_path)
    readme = (ROOT / "README.md").read_text()
    assert before in readme
    (tmp_path / "README.md").write_text(readme.replace(before, after, 1))
    assert any(problem in said for said in check_front_matter(tmp_path))
    with pytest.raises(InputError, match=r"README\.md would be rejected"):
        plan_space("cpu", tmp_path)


def test_the_app_is_uploaded_and_nothing_that_it_does_not_need() -> None:
    files = plan_space("cpu")
    needed = {
        "app.py",
        "README.md",
        "requirements.txt",
        "sentiment/ui/app.py",
        "assets/styles/00-base.css",
    }
    assert needed < set(files)
    assert "assets/checkpoints/distilbert-mini/model.safetensors" in files
    unwanted = ("tests/", ".", "checkpoints/", "Makefile", "pyproject")
    assert not [name for name in files if name.startswith(unwanted) or "__pycache__" in name]


def test_every_picture_that_an_uploaded_page_shows_is_uploaded_and_no_other() -> None:
    files = plan_space("cpu")
    pages = {name: path.read_text() for name, path in files.items() if name.endswith(".md")}
    shown = {
        os.path.normpath(Path(name).parent / picture)
        for name, page in pages.items()
        for picture in re.findall(r"\]\(([^)]*screenshots/[^)]*)\)", page)
    }
    assert len(shown) > 5
    assert {name for name in files if name.startswith("docs/screenshots/")} == shown


def test_zero_gpu_gets_a_torch_that_it_runs() -> None:
    plain = (ROOT / "requirements.txt").read_text().splitlines()
    content = plan_space("zero")["requirements.txt"]
    assert isinstance(content, bytes)
    written = content.decode().splitlines()
    changed = [line for line in written if line not in plain]
    assert changed == ["torch==2.11.0", "spaces"]
    assert [line for line in plain if line not in written] == ["torch==2.13.0"]


def test_a_dry_run_lists_the_files_and_asks_no_hub(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["deploy", "somebody/space", "--hardware", "zero", "--dry-run"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "  requirements.txt (rewritten)" in printed
    assert "MB, for zero hardware." in printed
    assert main(["deploy", "../space", "--dry-run"]) == 2


@pytest.mark.parametrize(("status", "said"), [(0, "Deployed to "), (403, "could not be deployed")])
def test_the_space_is_created_and_filled(status: int, said: str, tmp_path: Path) -> None:
    with serve_hub() as hub:
        hub.refuse = status
        hub.repositories["somebody/space"] = {"assets/old.bin": b"", "notes.md": b"kept"}
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "HF_TOKEN": "hf_secret"}
        settings |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sentiment",
                "deploy",
                "somebody/space",
                "--private",
                "--hardware",
                "zero",
            ],
            capture_output=True,
            text=True,
            env={**os.environ, **settings},
            check=False,
            timeout=300,
        )
        assert said in done.stdout + done.stderr
        assert "hf_secret" not in done.stdout + done.stderr
        assert done.returncode == (2 if status else 0)
        if not status:
            pushed = hub.repositories["somebody/space"]
            assert set(pushed) == {*plan_space("zero"), "notes.md"}
            (tmp_path / "README.md").write_bytes(pushed["README.md"])
            card = metadata_load(tmp_path / "README.md")["thumbnail"]
            there = "https://huggingface.co/spaces/somebody/space/resolve/main/"
            assert card.startswith(there)
            assert card.removeprefix(there) in pushed
            assert hub.hardware == "zero-a10g"
            assert pushed["app.py"] == (ROOT / "app.py").read_bytes()


def test_work_is_lent_a_gpu_where_a_space_lends_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> str:
        return "done"

    assert use_zero_gpu(work) is work
    lent: list[Callable[..., object]] = []
    fake = SimpleNamespace(GPU=lambda function: lent.append(function) or function)
    monkeypatch.setitem(sys.modules, "spaces", fake)
    assert use_zero_gpu(work)() == "done"
    assert lent == [work]
