"""What is refused of the Hub, in which words, and that no weight was fetched for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment.models.catalogue import snapshot_commit
from sentiment.paths import BUNDLED
from tests.support import builders
from tests.support.fake_hub import SHA, FakeHub, serve_hub

_BERT = {
    "model_type": "bert",
    "hidden_size": 4096,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
}
_GPT2 = "openai-community/gpt2"


class _Huge:
    """A file the Hub says is that long."""

    def __init__(self, size: int) -> None:
        self.size = size


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "a/pickle": ({"config.json": _BERT, "pytorch_model.bin": 0}, "only pickle weights, which can"),
    "a/empty": ({"config.json": _BERT}, "a/empty has no weights in safetensors format."),
    "a/code": (
        {"config.json": {**_BERT, "auto_map": {}}, "model.safetensors": 0},
        "a/code needs its own code to run. Not loaded.",
    ),
    "a/big": (
        {"config.json": {**_BERT, "intermediate_size": 16384}, "model.safetensors": 0},
        "a/big has 8.2 B parameters (31 GB); this machine takes up to 1.5 B.",
    ),
    "a/deep": (
        {"config.json": {**_BERT, "num_hidden_layers": 10**7}, "model.safetensors": 0},
        "a/deep has more than 1000 layers (num_hidden_layers: 1e+07). Not loaded.",
    ),
    "a/broken": (
        {"config.json": {**_BERT, "hidden_size": "wide"}, "model.safetensors": 0},
        "a/broken/config.json cannot be used",
    ),
    "a/list": ({"config.json": [1], "model.safetensors": 0}, "a/list has a broken configuration"),
    "a/labels": (
        {"config.json": {**_BERT, "num_labels": 10**9}, "model.safetensors": 0},
        "a/labels asks for num_labels 1e+09. Not loaded.",
    ),
    "a/nested": (
        {"config.json": {"text_config": {"encoder_layers": 10**7}}, "model.safetensors": 0},
        "a/nested has more than 1000 layers (encoder_layers: 1e+07). Not loaded.",
    ),
    "a/shadow": (
        {
            "adapter_config.json": {
                "peft_type": "SHADOW",
                "base_model_name_or_path": "gpt2",
                "shadow_model": "evil/pickle",
            },
            "adapter_model.safetensors": 0,
        },
        "a/shadow is an adapter of kind 'SHADOW'",
    ),
    "a/bias": (
        {
            "adapter_config.json": {"peft_type": "LORA", "bias": "all"},
            "adapter_model.safetensors": 0,
        },
        "only plain LoRA is",
    ),
    "a/rank": (
        {"adapter_config.json": {"r": 10**8}, "adapter_model.safetensors": 0},
        "only plain LoRA is",
    ),
    "a/heavy": (
        {"config.json": _BERT, "model.safetensors": _Huge(2 * 10**12)},
        "a/heavy has 1863 GB of weights; this machine takes up to 6 GB.",
    ),
    "a/adapter": (
        {
            "adapter_config.json": {"base_model_name_or_path": "/kaggle/input/secret"},
            "adapter_model.safetensors": 0,
        },
        "a/adapter was trained on '/kaggle/input/secret', which is none of the backbones",
    ),
    "a/run": (
        {"run.json": {"backbone": {"name": "../../etc"}}, "head.safetensors": 0},
        "a/run was trained on '../../etc', which is none of the backbones",
    ),
}
STATUSES = {
    "b/none": (401, "b/none is not on the Hub, or is private"),
    "b/gated": (403, "b/gated is gated: accept its terms"),
    "b/gone": (404, "b/gone is not on the Hub, or is private"),
    "b/busy": (429, "The Hub refuses more requests for now, so b/busy could not be read."),
}
_PRINT_ANSWERS = """
import json, sys
from sentiment import hub
from sentiment.models.catalogue import resolve_model
from sentiment.errors import SentimentError
if sys.argv[1] == "app":
    hub.use_no_token()
answers = {}
for name in sys.argv[2:]:
    try:
        answers[name] = str(resolve_model(name))
    except SentimentError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with serve_hub() as running:
        for name, (files, _) in REFUSED.items():
            running.repositories[name] = {
                file: b"" if isinstance(content, _Huge) else json.dumps(content).encode()
                for file, content in files.items()
            }
            running.sizes |= {
                (name, file): content.size
                for file, content in files.items()
                if isinstance(content, _Huge)
            }
        running.statuses = {name: status for name, (status, _) in STATUSES.items()}
        yield running


def _ask(hub: FakeHub, home: Path, *names: str, who: str = "command", **own: str) -> dict[str, str]:
    """What `resolve_model` says to each name, in a process of its own."""
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    settings |= {"HF_HUB_OFFLINE": "0", "HF_TOKEN": "hf_secret", **own}
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_ANSWERS, who, *names],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
        check=True,
        timeout=300,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def answers(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return _ask(hub, tmp_path_factory.mktemp("home"), *REFUSED, *STATUSES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_not_be_loaded_is_refused(
    name: str, answers: dict[str, str], hub: FakeHub
) -> None:
    assert REFUSED[name][1] in answers[name]
    assert not any(name in line and "safetensors" in line for line in hub.asked)


@pytest.mark.parametrize("name", STATUSES)
def test_a_hub_that_does_not_answer_is_one_sentence(name: str, answers: dict[str, str]) -> None:
    assert STATUSES[name][1] in answers[name]
    assert "hf_secret" not in answers[name]
    assert "\n" not in answers[name]


@pytest.mark.slow
def test_a_model_in_the_cache_serves_when_the_hub_gives_none(hub: FakeHub, tmp_path: Path) -> None:
    folder = builders.tiny_decoder(tmp_path / "tiny")
    hub.repositories["c/tiny"] = {p.name: p.read_bytes() for p in folder.iterdir()}
    there = _ask(hub, tmp_path, "c/tiny")["c/tiny"]
    assert Path(there, "model.safetensors").is_file()
    hub.statuses["c/tiny"] = 404
    assert _ask(hub, tmp_path, "c/tiny")["c/tiny"] == there


@pytest.mark.slow
def test_a_download_leaves_room_on_the_disk_and_what_is_there_needs_none(
    hub: FakeHub, tmp_path: Path
) -> None:
    folder = builders.tiny_decoder(tmp_path / "tiny")
    hub.repositories["c/room"] = {p.name: p.read_bytes() for p in folder.iterdir()}
    refused = _ask(hub, tmp_path, "c/room", SENTIMENT_MIN_FREE="1e18")["c/room"]
    assert re.match(r"c/room takes \d+\.\d MB of disk, ", refused), refused
    assert refused.endswith("and here is room for 0.0 MB. Not downloaded.")
    there = _ask(hub, tmp_path, "c/room")["c/room"]
    assert Path(there).is_dir()
    assert _ask(hub, tmp_path, "c/room", SENTIMENT_MIN_FREE="1e18")["c/room"] == there


def test_an_adapter_for_a_known_backbone_is_taken_and_the_app_sends_no_token(
    hub: FakeHub, tmp_path: Path
) -> None:
    source = BUNDLED / "gpt2-mini-sst2-lora"
    hub.repositories["d/own"] = {p.name: p.read_bytes() for p in source.iterdir() if p.is_file()}
    config = {"base_model_name_or_path": "gpt2"}
    hub.repositories["d/old"] = {
        "adapter_config.json": json.dumps(config).encode(),
        "adapter_model.safetensors": b"0",
    }
    before = len(hub.tokens)
    answers = _ask(hub, tmp_path, "d/own", "d/old", who="app")
    assert all(Path(answer).is_dir() for answer in answers.values()), answers
    assert set(hub.tokens[before:]) == {""}
    before = len(hub.tokens)
    _ask(hub, tmp_path / "other", "d/own")
    assert "Bearer hf_secret" in hub.tokens[before:]


ADDRESSES = ["e/tiny@v1", "e/tiny:best/one", "e/tiny@v1:best/one"]


@pytest.fixture(scope="module")
def addressed(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said to addresses inside a repository that holds a model twice."""
    home = tmp_path_factory.mktemp("addressed")
    folder = builders.tiny_whole(home / "tiny", {0: "NEGATIVE", 1: "POSITIVE"})
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["chat_template.jinja"] = b"{{ messages }}"
    inside = {f"best/one/{file}": content for file, content in files.items()}
    hub.repositories["e/tiny"] = {**files, **inside}
    return _ask(hub, home, *ADDRESSES, "e/tiny:none")


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_revision_and_a_folder_inside_are_downloaded(
    hub: FakeHub, addressed: dict[str, str], name: str
) -> None:
    found = Path(addressed[name])
    content = (found / "model.safetensors").read_bytes()
    assert content == hub.repositories["e/tiny"]["model.safetensors"]
    assert (found / "chat_template.jinja").is_file()
    assert found.name == ("one" if ":" in name else SHA)
    assert snapshot_commit(found) == SHA
    assert any("/e/tiny/revision/v1" in line for line in hub.asked)


def test_a_folder_that_is_not_there_is_said(addressed: dict[str, str]) -> None:
    assert addressed["e/tiny:none"] == "e/tiny has no folder 'none'."


@pytest.mark.parametrize("inside", ["", "assets/checkpoints/tiny"])
def test_a_checkout_named_after_a_commit_is_no_download(inside: str) -> None:
    """Build machines keep checkouts in folders of that name."""
    assert snapshot_commit(Path("/builds", SHA, inside)) == ""
    assert snapshot_commit(Path("/hub/models--e--tiny/snapshots", SHA, inside)) == SHA
