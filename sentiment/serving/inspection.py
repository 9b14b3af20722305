"""Inspection of a model from the Hub or a folder before it is added to the line-up.

It runs in a child process, because the files are untrusted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError, InputError, LabelsError, SentimentError
from sentiment.hub_ids import HUB_ID, is_link, parse_hub_id, split_address
from sentiment.labels import NEGATIVE, POSITIVE, PROBES
from sentiment.limits import max_parameters
from sentiment.method import Method
from sentiment.models.catalogue import (
    ADAPTER_FILE,
    RUN_FILE,
    ModelInfo,
    is_snapshot,
    is_zero_shot,
    read_info,
    snapshot_commit,
    unique_name,
)
from sentiment.models.download import check_folder, download
from sentiment.models.label_names import Polarity, read_polarities
from sentiment.runtime.child_process import Report
from sentiment.runtime.files import count_weights, weights_size

TIMEOUT = 1800.0  # seconds, the download included
IDLE_TIMEOUT = 120.0  # seconds without a report
MOST_LABELS = 8  # that a user is asked about


def most_memory() -> int:
    """Return the memory limit of an inspection in bytes: twice the largest model, and libraries.

    Raises:
        InputError: `$SENTIMENT_MAX_PARAMETERS` is not a number.
    """
    return 8 * max_parameters() + 4 * 2**30


@dataclass(frozen=True)
class Downloading:
    """Report on the progress of a download."""

    done: int  # bytes
    total: int


@dataclass(frozen=True)
class Loading:
    """Report after the download: the model is being loaded."""

    size: int  # bytes


@dataclass(frozen=True)
class Inspection:
    """Result of an inspection: the model, its labels and its probe predictions."""

    info: ModelInfo
    method: Method
    labels: tuple[str, ...]  # its own names in its order; empty for zero-shot
    is_named: bool  # whether the names identify the positive label
    probes: tuple[float, float]  # p(positive) of the negative and of the positive probe sentence

    @property
    def is_sound(self) -> bool:
        """Return whether the positive probe sentence has the higher probability."""
        return self.probes[NEGATIVE] < self.probes[POSITIVE]

    @property
    def is_decided(self) -> bool:
        """Return whether both probe sentences are predicted correctly."""
        return self.probes[NEGATIVE] <= 0.5 < self.probes[POSITIVE]


@dataclass(frozen=True)
class UnsettledLabels:
    """Result of an inspection of a model whose labels the user has to explain."""

    address: ModelAddress
    labels: tuple[str, ...]  # its own names in its order


@dataclass(frozen=True)
class ModelAddress:
    """Location of a model: the path of a folder, or a Hub id, which is never used as a path."""

    name: str
    is_folder: bool


def check_address(given: str, *, is_folder_allowed: bool) -> ModelAddress:
    """Parse user input: a Hub id, a link to its page, or the path of a folder.

    Raises:
        InputError: it is none of them, or folders are not allowed.
    """
    address = given.strip()
    if not address:
        folder_too = ", or the path of a folder" if is_folder_allowed else ""
        raise InputError(f"Type a Hub id such as owner/name{folder_too}.")
    if is_folder_allowed and not is_link(address):
        hub_id = split_address(address).hub_id
        looks_like_path = address.startswith(("/", "~", ".")) or not HUB_ID.fullmatch(address)
        folder = Path(address).expanduser()
        if (looks_like_path and folder.is_dir()) or Path(address).is_dir():
            return ModelAddress(str(folder.resolve()), is_folder=True)
        if address.startswith(("/", "~", ".")) or hub_id.strip("/").count("/") > 1:
            raise InputError(f"There is no folder {address[:200]!r} on this machine.")
    return ModelAddress(parse_hub_id(address), is_folder=False)


def inspect_model(
    report: Report,
    address: ModelAddress,
    taken: Collection[str],
    labels: tuple[Polarity, ...] = (),
) -> Inspection | UnsettledLabels:
    """Download, check and load the model at `address`, and score the probe sentences.

    For `sentiment.runtime.child_process`; reports `Downloading` and `Loading`.

    Args:
        address: from `check_address`.
        taken: names of other models.
        labels: the polarity of each label, where the user says it.

    Raises:
        SentimentError: it cannot be found, must not be loaded, or is no sentiment classifier.
    """
    if address.is_folder:
        folder = Path(address.name)
        name = folder.name
        check_folder(folder)
    else:
        name = address.name
        folder = download(name, on_bytes=lambda done, total: report(Downloading(done, total)))
    report(Loading(weights_size(folder)))
    try:
        return _inspect(folder, name, taken, labels)
    except LabelsError as error:
        if len(error.names) > MOST_LABELS:
            raise
        return UnsettledLabels(address, tuple(own[:40] for own in error.names))
    except SentimentError as error:  # do not disclose local paths
        message = str(error).replace(str(folder), name)
        if is_snapshot(folder):
            message = message.replace(snapshot_commit(folder), name)
        raise CheckpointError(message) from error


def _inspect(
    folder: Path, name: str, taken: Collection[str], said: tuple[Polarity, ...]
) -> Inspection:
    """Load the model in `folder` and score the probe sentences."""
    from sentiment.inference.loader import ClassifierLoader

    classifier = ClassifierLoader().load(str(folder), display_name=name, labels=said)
    negative, positive = classifier.predict(classifier.tokenize(PROBES))[:, POSITIVE]
    labels = tuple(name[:40] for name in getattr(classifier, "labels", ()))
    return Inspection(
        info=replace(_describe(folder, unique_name(name, taken), classifier.backbone), labels=said),
        method=classifier.method,
        labels=labels,
        is_named=not labels or bool(said) or read_polarities(labels) is not None,
        probes=(float(negative), float(positive)),
    )


def _describe(folder: Path, name: str, backbone: str) -> ModelInfo:
    """Describe the model for the line-up; a checkpoint of this project has more metadata."""
    facts: dict[str, Any] = {"name": name, "folder": folder, "location": str(folder)}
    if (folder / RUN_FILE).is_file():
        info = read_info(folder)
        if info.error:
            raise CheckpointError(info.error)
        return ModelInfo(**{**vars(info), **facts})
    count = count_weights(folder)
    if is_zero_shot(folder):
        return ModelInfo(
            **facts,
            kind="zero-shot",
            backbone=name,
            tuning="none",
            parameters=count,
            size_bytes=weights_size(folder),
        )
    is_adapter = (folder / ADAPTER_FILE).is_file()
    return ModelInfo(
        **facts,
        kind="fine-tuned",
        backbone=backbone if is_adapter else name,
        tuning="lora" if is_adapter else "",
        parameters=count,
        trainable=count if is_adapter else 0,
        size_bytes=weights_size(folder),
    )
