"""Models on the Hub, on the command line: another base for an adapter, and the commit recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment.evaluation.results import load_result
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from tests.support.builders import labelled_texts, tiny_decoder, tiny_whole
from tests.support.fake_hub import SHA, FakeHub, serve_hub
from tests.support.published import NAMES, TEXTS, change_config, write_adapter

NAMED = {
    "unknown": "somebody/model",
    "gated": "meta-llama/Llama-3.2-1B",
    "folder": "/home/somebody/models/bert",
}
REFUSED = {
    "unknown": "is none of the backbones",
    "gated": "is gated: accept its terms",
    "folder": "--base owner/name says which base to use",
}
BASES = ("FOLDER", "h/base")
MODELS = ["h/whole", "h/whole@v1", "h/whole@v1:inside", "h/decoder", "h/folder --base h/base"]
_RUN = """
import contextlib, io, json, sys
from sentiment.cli.main import main
answers = []
for call in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = main(call)
    answers.append([status, said.getvalue()])
print(json.dumps(answers))
"""


def _put(hub: FakeHub, name: str, folder: Path, inside: str = "") -> None:
    files = {f"{inside}{path.name}": path.read_bytes() for path in folder.iterdir()}
    hub.repositories[name] = {**hub.repositories.get(name, {}), **files}


def _run(hub: FakeHub, home: Path, calls: list[list[str]]) -> list[Any]:
    """Status and messages of each command, all in one other process."""
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(calls)],
        capture_output=True,
        text=True,
        env={**os.environ, **settings, "HF_HUB_OFFLINE": "0"},
        check=True,
        timeout=300,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def hub(home: Path) -> Iterator[FakeHub]:
    """A hub with adapters, their base and whole models."""
    write_adapter(home / "mine", task_type="SEQ_CLS")
    (home / "expected.json").write_text(
        json.dumps(score(ClassifierLoader("cpu").load(str(home / "mine")), TEXTS).p_positive[0])
    )
    with serve_hub() as running:
        for name, base in NAMED.items():
            change_config(home / "mine", "adapter_config.json", base_model_name_or_path=base)
            _put(running, f"h/{name}", home / "mine")
        running.statuses[NAMED["gated"]] = 403
        _put(running, "h/base", home / "base")
        whole = tiny_whole(home / "whole", NAMES)
        _put(running, "h/whole", whole)
        _put(running, "h/whole", whole, "inside/")
        _put(running, "h/decoder", tiny_decoder(home / "decoder"))
        yield running


@pytest.fixture(scope="module")
def adapted(hub: FakeHub, home: Path) -> dict[tuple[str, str], Any]:
    """The answers to each adapter, by what it names and by the base that is given."""
    (home / "in.csv").write_text(f'text\n"{TEXTS[0]}"\n')
    keys = [(name, base) for name in NAMED for base in (*BASES, "")]
    calls = []
    for name, base in keys:
        output = str(home / f"{name}-{base.replace('/', '-')}.csv")
        given = ["--base", str(home / "base") if base == "FOLDER" else base] if base else []
        calls.append(["score", f"h/{name}", str(home / "in.csv"), "--output", output, *given])
    return dict(zip(keys, _run(hub, home, calls), strict=True))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("base", BASES)
def test_the_given_base_is_used_instead_of_the_named_one(
    adapted: dict[tuple[str, str], Any], home: Path, name: str, base: str
) -> None:
    assert adapted[name, base][0] == 0, adapted[name, base][1]
    written = (home / f"{name}-{base.replace('/', '-')}.csv").read_text().splitlines()
    expected = json.loads((home / "expected.json").read_text())
    assert float(written[1].split(",")[-1]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", NAMED)
def test_without_a_base_it_is_refused_with_a_way_out(
    adapted: dict[tuple[str, str], Any], name: str
) -> None:
    status, said = adapted[name, ""]
    assert status == 2
    assert NAMED[name] in said
    assert REFUSED[name] in said


@pytest.fixture(scope="module")
def evaluated(hub: FakeHub, home: Path) -> list[Any]:
    rows = "".join(f'"{text}",{label}\n' for text, label in labelled_texts()[::8])
    (home / "gold.csv").write_text(f"text,label\n{rows}")
    data = ["--data", str(home / "gold.csv")]
    calls = [
        ["evaluate", *model.split(), *data, "--output", str(home / f"{i}.parquet")]
        for i, model in enumerate(MODELS)
    ]
    return _run(hub, home, calls)


@pytest.mark.parametrize("i", range(len(MODELS)), ids=MODELS)
def test_a_result_records_the_revision(evaluated: list[Any], home: Path, i: int) -> None:
    assert evaluated[i][0] == 0, evaluated[i][1]
    info = load_result(home / f"{i}.parquet").info
    assert (info.model, info.revision) == (MODELS[i].split()[0], SHA)


def test_a_model_of_this_machine_has_no_revision(hub: FakeHub, home: Path) -> None:
    assert ClassifierLoader("cpu").load(str(home / "whole")).revision == ""
