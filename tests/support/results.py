"""Results of models that were never run: gold labels and probabilities given by a test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sentiment.evaluation.results import Result, ResultInfo
from sentiment.method import Method


def made_result(name: str, gold: Any, p_positive: Any, **info: Any) -> Result:
    described = ResultInfo(
        model=name,
        kind="fine-tuned",
        backbone="b",
        method=Method(kind="lora"),
        weights_hash="0",
        dataset="made",
        split="file",
        fingerprint="f",
        date="",
        versions={},
    )
    frame = pd.DataFrame({"row": np.arange(len(gold)), "gold": gold, "p_positive": p_positive})
    frame["tokens_read"] = frame["tokens_total"] = 5
    return Result(replace(described, **info), frame.astype({"gold": int, "p_positive": float}))
