"""The fast engine: a trained network in 8-bit integers by OpenVINO, where it proves itself.

It is built once for each checkpoint, with weights and activations rounded or, where that does not
prove itself, with the weights alone, and kept in `.int8/` beside the trained checkpoints, which can
be deleted at any time. Before it is used it must have given nearly the same answers as the exact
network, faster, on texts with labels that were written for this project, on this processor.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

import numpy as np
import torch
from transformers import PreTrainedModel

from sentiment.data.examples import Examples
from sentiment.data.loading import load_examples
from sentiment.errors import InputError, SentimentError
from sentiment.inference.int8_export import ROUNDED, Rounded, export, load, merge
from sentiment.inference.scoring import score
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.paths import trained_directory
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import read_json, write_folder, write_json
from sentiment.runtime.hardware import describe_hardware

ENGINE = 3  # raise it whenever the same checkpoint would be built or proved otherwise
PACKAGES = ("nncf", "openvino")
MAX_FLIPS = 0.01  # share of labels that may be others than those of the exact network
MAX_LOSS = 0.005  # accuracy that may be lost
REMARK = "int8"
_PROOF = "proof.json"
# Texts of First lesson that calibrate and check, the first of each split: a change of the number
# would change every proof.
_LESSON_TEXTS = {"train": 300, "test": 100}
_JOINED = 20  # texts of the check set that make one long text
# What processors call multiplying and adding 8-bit integers in one step.
_DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "amx_int8", "dot", "dotprod", "i8mm")


@dataclass(frozen=True)
class Proof:
    """How the network in int8 did beside the exact one on the check set."""

    n: int
    flips: int  # labels that differ
    exact_accuracy: float
    int8_accuracy: float
    times_faster: float
    processor: str
    rounded: str  # what is in 8-bit integers

    @property
    def problem(self) -> str:
        """Why int8 is not used, empty where it is."""
        if self.flips > MAX_FLIPS * self.n:
            return (
                f"it changes {self.flips} of {self.n} labels of the check set "
                f"({100 * self.flips / self.n:.1f} %; at most {100 * MAX_FLIPS:.0f} % may change)"
            )
        lost = self.exact_accuracy - self.int8_accuracy
        if lost > MAX_LOSS:
            return (
                f"it loses {100 * lost:.1f} points of accuracy on the check set (at most "
                f"{100 * MAX_LOSS:.1f} may be lost)"
            )
        if self.times_faster <= 1:
            return f"it is not faster on this processor ({self.times_faster:.2f} ×)"
        return ""

    @property
    def sentence(self) -> str:
        """Describe the proof in a sentence."""
        return (
            f"int8 ({self.rounded}): {self.times_faster:.1f} × as fast as exact on the check set, "
            f"where {self.flips} of {self.n} labels differ and accuracy is "
            f"{self.int8_accuracy:.3f} instead of {self.exact_accuracy:.3f}."
        )


def quantize(classifier: Classifier) -> tuple[Classifier, Proof]:
    """Quantise the network of `classifier` to int8 and prove it on this machine.

    Raises:
        InputError: there is no such engine for it here, or it does not prove itself.
        CheckpointError: the network cannot be kept.
    """
    if not isinstance(classifier, NetworkClassifier) or classifier.network is None:
        raise InputError(
            f"int8 is for fine-tuned models; {classifier.name} is not one. Leave --engine out."
        )
    _check_machine(classifier)
    found: tuple[Classifier, Proof] | None = None
    problem = ""
    if process_group().is_main:  # the others read what it keeps
        found, problem = _try(classifier)
    problem = process_group().gather(problem)[0]
    if not problem and found is None:
        found, problem = _try(classifier)
    if problem or found is None:
        raise InputError(
            f"int8 is refused for {classifier.name}: {problem}. Leave --engine out, which answers "
            f"exactly."
        )
    return found


def _check_machine(classifier: NetworkClassifier) -> None:
    missing = [package for package in PACKAGES if not _version(package)]
    if missing:
        raise InputError(
            f"int8 needs {', '.join(missing)}. Install them with pip install -e "
            f"'.[int8]', or leave --engine out."
        )
    if classifier.device.type != "cpu":
        raise InputError("int8 computes on the CPU; this machine has a GPU. Leave --engine out.")
    if not any(torch.cpu.get_capabilities().get(name) for name in _DOT_PRODUCTS):
        raise InputError(
            "This processor has no instruction that multiplies 8-bit integers (such as VNNI), so "
            "int8 would gain nothing. Leave --engine out."
        )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _try(classifier: NetworkClassifier) -> tuple[tuple[Classifier, Proof] | None, str]:
    """Quantize; return (the int8 classifier, empty) or (None, what is wrong with it)."""
    problems = []
    for rounded in ROUNDED:
        try:
            fast, folder = build(classifier, rounded)
        except SentimentError as error:
            return None, str(error).rstrip(".")
        except Exception as error:  # the exporter raises what it met
            problems.append(f"with {rounded} rounded it cannot be built ({type(error).__name__})")
            continue
        proof = _read_proof(folder)
        if proof is None:
            proof = prove(classifier, fast, rounded)
            write_json(folder / _PROOF, asdict(proof))
        if not proof.problem:
            return (fast, proof), ""
        problems.append(f"with {rounded} rounded {proof.problem}")
    return None, "; ".join(problems)


def build(classifier: NetworkClassifier, rounded: Rounded = ROUNDED[0]) -> tuple[Classifier, Path]:
    """Build `classifier` in int8, not yet proved, and the folder that keeps it.

    Args:
        rounded: what becomes integers.

    Raises:
        CheckpointError: it cannot be kept.
        Exception: what the exporter met that it does not know.
    """
    network = merge(cast(torch.nn.Module, classifier.network))
    folder = trained_directory() / ".int8" / _key(network, rounded)
    if folder.is_dir():
        try:
            return _replace_network(classifier, folder), folder
        except Exception:  # damaged since it was written: built again
            shutil.rmtree(folder)
    texts = classifier.tokenize(_load_lesson("train").texts)
    exported = export(network, texts, pad_id=classifier.pad_id, rounded=rounded)
    if not folder.is_dir():  # as it is where another process has built it meanwhile
        with write_folder(folder) as staging:
            exported.save_pretrained(staging)
            write_json(staging / _PROOF, {})
    return _replace_network(classifier, folder), folder


def _key(network: PreTrainedModel, rounded: Rounded) -> str:
    """Compute 20 hexadecimal digits that change with the weights and the engine's version."""
    made_by = [str(ENGINE), rounded]
    made_by += [_version(name) for name in (*PACKAGES, "torch", "transformers")]
    digest = hashlib.sha256("|".join(made_by).encode())
    digest.update(network.config.to_json_string().encode())
    for name, weights in network.state_dict().items():
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()[:20]


def _replace_network(classifier: NetworkClassifier, folder: Path) -> Classifier:
    """Replace the network of `classifier` by the exported one in `folder`."""
    exported = load(folder)

    def logits(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = exported(input_ids=ids, attention_mask=mask).logits
        return answer

    fast = replace(classifier, logits=logits, network=None, embedding=None)
    return replace(fast, method=replace(fast.method, engine="int8"))


def _read_proof(folder: Path) -> Proof | None:
    """Read the proof in `folder` for this processor."""
    kept = read_json(folder / _PROOF)
    try:
        proof = Proof(**kept)
    except TypeError:
        return None
    return proof if proof.processor == describe_hardware()["processor"] else None


def prove(exact: Classifier, fast: Classifier, rounded: Rounded = ROUNDED[0]) -> Proof:
    """Ask both about the check set, in turn."""
    examples = check_set()
    seconds: dict[str, float] = {}
    said: dict[str, np.ndarray] = {}
    for name, classifier in (("exact", exact), ("fast", fast)):
        score(classifier, examples.texts[:64])  # warm
        started = time.perf_counter()
        said[name] = score(classifier, examples.texts).predictions
        seconds[name] = time.perf_counter() - started
    return Proof(
        n=len(examples),
        flips=int((said["exact"] != said["fast"]).sum()),
        exact_accuracy=float((said["exact"] == examples.labels).mean()),
        int8_accuracy=float((said["fast"] == examples.labels).mean()),
        times_faster=round(seconds["exact"] / seconds["fast"], 2),
        processor=str(describe_hardware()["processor"]),
        rounded=rounded,
    )


def check_set() -> Examples:
    """Build the check set: bundled labelled texts, and long ones joined from texts of one label."""
    parts = [load_examples("challenge"), *map(_load_lesson, _LESSON_TEXTS)]
    texts = [text for part in parts for text in part.texts]
    labels = [int(label) for part in parts for label in part.labels]
    for label in sorted(set(labels)):
        own = [text for text, its in zip(texts, labels, strict=True) if its == label]
        long = [" ".join(own[i : i + _JOINED]) for i in range(0, len(own) - _JOINED, _JOINED)]
        texts, labels = texts + long, labels + [label] * len(long)
    return Examples("check", "file", tuple(texts), np.array(labels), np.arange(len(texts)))


def _load_lesson(split: str) -> Examples:
    """Load the first texts of a split of the bundled data set."""
    return load_examples("first-lesson", split).take(range(_LESSON_TEXTS[split]))
