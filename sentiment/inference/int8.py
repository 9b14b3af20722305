"""The int8 engine: a fine-tuned model quantized with OpenVINO, validated before use.

Each checkpoint is quantized once, with weights and activations or, if that fails the validation,
with weights only, and cached in `.int8/` beside the trained checkpoints; the cache can be deleted
at any time. Before use, the int8 model must be faster than the float32 model on this processor, and
give nearly the same predictions, on labelled texts that were written for this project.
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

ENGINE = 3  # version of the quantization and its validation; a new one invalidates the cache
PACKAGES = ("nncf", "openvino")
MAX_FLIPS = 0.01  # maximum share of predictions that differ from the float32 model
MAX_LOSS = 0.005  # maximum loss of accuracy
_PROOF = "proof.json"
# Texts of First lesson that calibrate and check, the first of each split: a change of the number
# would change every proof.
_LESSON_TEXTS = {"train": 300, "test": 100}
_JOINED = 20  # texts of the check set that are joined into one long text
# CPU features for dot products of 8-bit integers.
_DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "amx_int8", "dot", "dotprod", "i8mm")


@dataclass(frozen=True)
class Proof:
    """Validation of the int8 model against the float32 model on the check set."""

    n: int
    flips: int  # predictions that differ
    exact_accuracy: float
    int8_accuracy: float
    times_faster: float
    processor: str
    rounded: str  # what is quantized

    @property
    def problem(self) -> str:
        """Return why the validation failed, empty if it passed."""
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
        """Describe the validation in a sentence."""
        return (
            f"int8 ({self.rounded}): {self.times_faster:.1f} × as fast as exact on the check set, "
            f"where {self.flips} of {self.n} labels differ and accuracy is "
            f"{self.int8_accuracy:.3f} instead of {self.exact_accuracy:.3f}."
        )


def quantize(classifier: Classifier) -> tuple[Classifier, Proof]:
    """Quantize `classifier` to int8 and validate it on this machine.

    Raises:
        InputError: int8 is not available for it here, or the validation failed.
        CheckpointError: the int8 model cannot be saved.
    """
    if not isinstance(classifier, NetworkClassifier) or classifier.network is None:
        raise InputError(
            f"int8 is for fine-tuned models; {classifier.name} is not one. Leave --engine out."
        )
    _check_machine(classifier)
    quantized: tuple[Classifier, Proof] | None = None
    problem = ""
    if process_group().is_main:  # the other processes read its cache
        quantized, problem = _quantize(classifier)
    problem = process_group().gather(problem)[0]
    if not problem and quantized is None:
        quantized, problem = _quantize(classifier)
    if problem or quantized is None:
        raise InputError(
            f"int8 is refused for {classifier.name}: {problem}. Leave --engine out to compute in "
            f"float32."
        )
    return quantized


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


def _quantize(classifier: NetworkClassifier) -> tuple[tuple[Classifier, Proof] | None, str]:
    """Quantize and validate; return (the int8 classifier and its validation, ) or (None, error)."""
    problems = []
    for rounded in ROUNDED:
        try:
            fast, folder = build(classifier, rounded)
        except SentimentError as error:
            return None, str(error).rstrip(".")
        except Exception as error:  # the exporter raises exceptions of any kind
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
    """Build the int8 classifier, without validation; return it and its cache folder.

    Args:
        rounded: what is quantized.

    Raises:
        CheckpointError: it cannot be saved.
        Exception: the exporter does not support the model.
    """
    network = merge(cast(torch.nn.Module, classifier.network))
    folder = trained_directory() / ".int8" / _cache_key(network, rounded)
    if folder.is_dir():
        try:
            return _replace_network(classifier, folder), folder
        except Exception:  # damaged: built again
            shutil.rmtree(folder)
    texts = classifier.tokenize(_load_lesson("train").texts)
    exported = export(network, texts, pad_id=classifier.pad_id, rounded=rounded)
    if not folder.is_dir():  # another process may have built it meanwhile
        with write_folder(folder) as staging:
            exported.save_pretrained(staging)
            write_json(staging / _PROOF, {})
    return _replace_network(classifier, folder), folder


def _cache_key(network: PreTrainedModel, rounded: Rounded) -> str:
    """Compute the cache key: 20 hexadecimal digits of a hash of the weights and the versions."""
    versions = [str(ENGINE), rounded]
    versions += [_version(name) for name in (*PACKAGES, "torch", "transformers")]
    hasher = hashlib.sha256("|".join(versions).encode())
    hasher.update(network.config.to_json_string().encode())
    for name, weights in network.state_dict().items():
        hasher.update(name.encode())
        hasher.update(weights.detach().cpu().contiguous().numpy().data)
    return hasher.hexdigest()[:20]


def _replace_network(classifier: NetworkClassifier, folder: Path) -> Classifier:
    """Replace the model of `classifier` by the exported one in `folder`."""
    exported = load(folder)

    def logits(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = exported(input_ids=ids, attention_mask=mask).logits
        return classifier.readout(outputs) if classifier.readout else outputs

    fast = replace(classifier, logits=logits, network=None, embedding=None)
    return replace(fast, method=replace(fast.method, engine="int8"))


def _read_proof(folder: Path) -> Proof | None:
    """Read the saved validation in `folder`; None if there is none for this processor."""
    saved = read_json(folder / _PROOF)
    try:
        proof = Proof(**saved)
    except TypeError:
        return None
    return proof if proof.processor == describe_hardware()["processor"] else None


def prove(exact: Classifier, fast: Classifier, rounded: Rounded = ROUNDED[0]) -> Proof:
    """Validate `fast` against `exact` on the check set."""
    examples = check_set()
    seconds: dict[str, float] = {}
    predicted: dict[str, np.ndarray] = {}
    for name, classifier in (("exact", exact), ("fast", fast)):
        score(classifier, examples.texts[:64])  # warm-up
        started = time.perf_counter()
        predicted[name] = score(classifier, examples.texts).predictions
        seconds[name] = time.perf_counter() - started
    return Proof(
        n=len(examples),
        flips=int((predicted["exact"] != predicted["fast"]).sum()),
        exact_accuracy=float((predicted["exact"] == examples.labels).mean()),
        int8_accuracy=float((predicted["fast"] == examples.labels).mean()),
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
        same_label = [
            text for text, text_label in zip(texts, labels, strict=True) if text_label == label
        ]
        joined = [
            " ".join(same_label[i : i + _JOINED])
            for i in range(0, len(same_label) - _JOINED, _JOINED)
        ]
        texts, labels = texts + joined, labels + [label] * len(joined)
    return Examples("check", "file", tuple(texts), np.array(labels), np.arange(len(texts)))


def _load_lesson(split: str) -> Examples:
    """Load the first texts of a split of the bundled data set."""
    return load_examples("first-lesson", split).take(range(_LESSON_TEXTS[split]))
