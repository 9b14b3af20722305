"""How a model turns texts into probabilities, as data.

A method identifies predictions: saved ones are found by it. The words for it are made by
`sentiment.formatting` and by the page, and may change without any prediction being lost.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

MethodKind = Literal[
    "prompt",  # a causal language model completes a prompt template
    "cloze",  # a masked language model fills the mask of a prompt template
    "similarity",  # a sentence encoder compares the text with a description of each label
    "head",  # a trained head on the frozen backbone
    "lora",  # trained LoRA matrices and a head
    "full",  # a network that was trained as a whole
    "tfidf",  # TF-IDF + logistic regression
    "file",  # unknown: the predictions were made elsewhere
]
Calibration = Literal["none", "contextual", "pmi_dc"]
CALIBRATIONS: tuple[Calibration, ...] = get_args(Calibration)
Engine = Literal["exact", "int8"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """The facts that decide what a model predicts, apart from its weights and its tokenizer."""

    kind: MethodKind
    template: str = ""  # name of the prompt template
    prompt: str = ""  # its words around `{text}`
    label_words: tuple[str, ...] = ()  # negative, positive: label words or label descriptions
    shots: int = 0  # demonstrations in the prompt
    calibration: Calibration = "none"  # of the decision threshold, without labels
    engine: Engine = "exact"

    def to_dict(self) -> dict[str, Any]:
        """Convert to JSON values; fields at their default are left out, so that a field that is
        added later changes no stored method."""
        kept = {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Method:
        """Read what `to_dict` gave.

        Raises:
            ValueError: it is no such dictionary.
        """
        if not isinstance(stored, dict) or stored.get("kind") not in get_args(MethodKind):
            raise ValueError(f"{stored!r} describes no method")
        unknown = sorted(stored.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"a method has no {', '.join(unknown)}")
        return cls(**{**stored, "label_words": tuple(stored.get("label_words", ()))})
