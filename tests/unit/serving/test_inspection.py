"""A model is looked at before it joins: from a folder, and from a Hub, with its labels."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentiment.errors import CheckpointError, ChildWorkError, InputError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import PROBES
from sentiment.paths import BUNDLED
from sentiment.runtime.child_process import ChildProcess
from sentiment.serving.inspection import (
    Downloading,
    Inspection,
    Loading,
    ModelAddress,
    check_address,
    inspect_model,
)
from sentiment.serving.predictor import LocalPredictor
from tests.support.builders import tiny_masked_lm, tiny_whole
from tests.support.fake_hub import FakeHub, serve_hub


def _folder(path: Path) -> ModelAddress:
    return ModelAddress(str(path), is_folder=True)


def _ignore(_report: object) -> None:
    pass


@pytest.mark.parametrize("labels", [("NEGATIVE", "POSITIVE"), ("LABEL_0", "LABEL_1")])
def test_a_whole_classifier_is_described_with_its_labels(
    tmp_path: Path, labels: tuple[str, str]
) -> None:
    folder = tiny_whole(tmp_path / "mine", dict(enumerate(labels)))
    found = inspect_model(_ignore, _folder(folder), ())
    assert (found.info.name, found.info.kind, found.info.tuning) == ("mine", "fine-tuned", "")
    assert found.labels == labels
    assert found.is_named == (labels[0] == "NEGATIVE")
    expected = score(ClassifierLoader().load(str(folder)), list(PROBES)).p_positive
    assert found.probes == pytest.approx(tuple(expected))
    assert found.is_sound == (expected[0] < expected[1])


def test_what_was_found_answers_under_its_own_name(tmp_path: Path) -> None:
    folder = tiny_whole(tmp_path / "mine", {0: "NEGATIVE", 1: "POSITIVE"})
    found = inspect_model(_ignore, _folder(folder), {"mine"})
    assert found.info.name == "mine-2"
    asker = LocalPredictor()
    answer = asker.predict(found.info, PROBES[1])
    assert (answer.model, answer.error) == ("mine-2", "")
    assert answer.p_positive == pytest.approx(found.probes[1])
    assert asker.loaded_models() == ["mine-2"]


def test_a_pretrained_network_is_asked(tmp_path: Path) -> None:
    found = inspect_model(_ignore, _folder(tiny_masked_lm(tmp_path / "masked")), ())
    assert (found.info.kind, found.info.backbone, found.labels) == ("zero-shot", "masked", ())
    assert found.method.kind == "cloze"


def test_a_checkpoint_of_this_project_says_more_of_itself(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "llama-mini-sst2-head", tmp_path / "my-head")
    found = inspect_model(_ignore, _folder(tmp_path / "my-head"), ())
    assert (found.info.name, found.info.tuning, found.info.dataset) == ("my-head", "head", "sst2")
    assert (found.info.backbone, found.info.trainable) == ("llama-mini", 512)


def test_a_folder_of_pickles_is_refused(tmp_path: Path) -> None:
    folder = tiny_whole(tmp_path / "mine", {0: "NEGATIVE", 1: "POSITIVE"})
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="mine has only pickle weights, which can run code"):
        inspect_model(_ignore, _folder(folder), ())


def test_a_folder_too_big_for_this_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_whole(tmp_path / "mine", {0: "NEGATIVE", 1: "POSITIVE"})
    monkeypatch.setenv("SENTIMENT_MAX_PARAMETERS", "100")
    with pytest.raises(CheckpointError, match=r"mine has .* parameters"):
        inspect_model(_ignore, _folder(folder), ())


@pytest.mark.parametrize(
    ("given", "is_folder_allowed", "said"),
    [
        ("  ", True, "Type a Hub id such as owner/name, or the path of a folder."),
        ("  ", False, "Type a Hub id such as owner/name."),
        ("../secret/model", False, "Give a Hub id such as owner/name."),
        ("/etc", False, "Give a Hub id such as owner/name."),
        ("/nowhere/at/all", True, "There is no folder '/nowhere/at/all' on this machine."),
    ],
)
def test_an_address_that_is_none_is_refused(given: str, is_folder_allowed: bool, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_address(given, is_folder_allowed=is_folder_allowed)
    assert str(caught.value) == said


def test_a_folder_and_a_hub_id_are_told_apart(tmp_path: Path) -> None:
    assert check_address(str(tmp_path), is_folder_allowed=True) == _folder(tmp_path)
    assert check_address(" owner/name ", is_folder_allowed=True) == ModelAddress(
        "owner/name", False
    )


def test_a_hub_id_is_never_taken_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_whole(tmp_path / "owner" / "model", {0: "NEGATIVE", 1: "POSITIVE"})
    monkeypatch.chdir(tmp_path)
    address = check_address("owner/model", is_folder_allowed=False)
    asked: list[str] = []

    def refuse(name: str, **_settings: object) -> Path:
        asked.append(name)
        raise CheckpointError("not there")

    monkeypatch.setattr("sentiment.serving.inspection.download", refuse)
    with pytest.raises(CheckpointError, match="not there"):
        inspect_model(_ignore, address, ())
    assert asked == ["owner/model"]


def test_no_message_says_where_a_model_lies(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / ("b" * 40)
    tiny_masked_lm(folder)
    (folder / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(CheckpointError) as caught:
        inspect_model(_ignore, _folder(folder), ())
    assert str(tmp_path) not in str(caught.value)
    assert "incomplete" in str(caught.value)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with serve_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        yield running


def _look(name: str) -> tuple[list[Any], Inspection]:
    work = ChildProcess(inspect_model, ModelAddress(name, is_folder=False), (), timeout=120)
    return list(work.reports(lambda: False)), work.result


def test_a_model_from_the_hub_comes_with_its_progress(hub: FakeHub, tmp_path: Path) -> None:
    folder = tiny_whole(tmp_path / "made", {0: "LABEL_0", 1: "LABEL_1"})
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    surplus = {"pytorch_model.bin": b"0" * 50_000, "onnx/model.safetensors": b"0" * 50_000}
    hub.repositories["owner/model"] = {**files, **surplus}
    reports, found = _look("owner/model")
    assert isinstance(reports[-1], Loading)
    came = [report for report in reports if isinstance(report, Downloading)]
    assert came
    assert came[-1].done <= came[-1].total == sum(map(len, files.values()))
    assert found.info.name == "owner/model"
    assert found.info.folder.name == "a" * 40
    assert set(hub.tokens) == {""}


def test_what_the_hub_refuses_is_said(hub: FakeHub) -> None:
    hub.statuses["owner/gated"] = 403
    with pytest.raises(ChildWorkError, match="owner/gated is gated: accept its terms"):
        _look("owner/gated")


def test_a_hub_that_is_down_is_one_sentence(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ChildWorkError, match=r"^The Hub cannot be reached\. Check"):
            _look("owner/model")


@pytest.mark.slow
def test_a_hub_that_drips_is_given_up(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(server: socket.socket) -> None:
        client, _ = server.accept()
        with client:
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while is_open:
                client.sendall(b" ")
                time.sleep(0.1)

    is_open = [True]
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server], daemon=True)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        address = ModelAddress("owner/model", is_folder=False)
        work = ChildProcess(inspect_model, address, (), timeout=120, idle_timeout=8)
        with pytest.raises(ChildWorkError, match="reported no progress for 8 seconds"):
            list(work.reports(lambda: False))
        is_open.clear()
        thread.join(60)
