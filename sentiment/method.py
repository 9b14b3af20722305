"""The method of a prediction: prompt template, head, LoRA, … as data.

Saved predictions are found by their method. Its description is in `sentiment.formatting` and in the
page, so that a change of the wording does not invalidate predictions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

MethodKind = Literal[
    "prompt",  # a causal language model completes a prompt template
    "chat",  # a causal language model continues an answer in its chat template
    "cloze",  # a masked language model fills the mask of a prompt template
    "similarity",  # a sentence encoder compares the text with a description of each label
    "entailment",  # a model of textual entailment judges a hypothesis for each label
    "head",  # a trained head on the frozen backbone
    "lora",  # trained LoRA matrices and a head
    "full",  # full fine-tuning or tuning of the top layers
    "tfidf",  # TF-IDF + logistic regression
    "file",  # unknown: predictions from a file
]
Kind = Literal["zero-shot", "few-shot", "fine-tuned", "baseline"]
UNTRAINED: tuple[Kind, ...] = ("zero-shot", "few-shot")
Calibration = Literal["none", "contextual", "pmi_dc"]
CALIBRATIONS: tuple[Calibration, ...] = get_args(Calibration)
Engine = Literal["exact", "int8"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """The method of a prediction, apart from the model's weights and tokenizer."""

    kind: MethodKind
    template: str = ""  # name of the prompt template
    prompt: str = ""  # its words around `{text}`
    label_words: tuple[str, ...] = ()  # negative, positive: label words or label descriptions
    shots: int = 0  # demonstrations in the prompt
    shots_from: str = ""  # the source of the demonstrations
    shots_seed: int = 0  # of their draw
    shots_digest: str = ""  # of demonstrations that were edited, empty for a draw
    calibration: Calibration = "none"  # of the decision threshold, without labels
    engine: Engine = "exact"
    labels: tuple[str, ...] = ()  # polarity of each output, where the user said it

    def to_dict(self) -> dict[str, Any]:
        """Convert to JSON values, without fields at their default.

        Fields that are added later do not change saved methods.
        """
        values = {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Method:
        """Create a method from the result of `to_dict`.

        Raises:
            ValueError: the dictionary is invalid.
        """
        if not isinstance(stored, dict) or stored.get("kind") not in get_args(MethodKind):
            raise ValueError(f"{stored!r} describes no method")
        unknown = sorted(stored.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"a method has no {', '.join(unknown)}")
        lists = {name: tuple(stored.get(name, ())) for name in ("label_words", "labels")}
        return cls(**{**stored, **lists})
