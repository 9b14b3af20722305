"""The text that Compare opens with: chosen by rule from the challenge set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sentiment.data.loading import load_challenge
from sentiment.evaluation.challenge import is_challenge
from sentiment.evaluation.results import Result
from sentiment.labels import POSITIVE
from sentiment.probabilities import is_positive


def choose_opening(results: Sequence[Result], names: Sequence[str]) -> tuple[str, int] | None:
    """Choose the text on which fine-tuning corrects most backbones, the shortest of several.

    Args:
        results: saved predictions, of which those on the challenge set count.
        names: of the models that Compare shows.

    Returns:
        (text, label: 0 negative, 1 positive), or None without predictions of both kinds
    """
    shown = [r for r in results if is_challenge(r.info) and r.info.model in names]
    before = {r.info.backbone: r for r in shown if r.info.kind == "zero-shot"}
    pairs = [
        (before[r.info.backbone], r)
        for r in shown
        if r.info.kind == "fine-tuned" and r.info.backbone in before
    ]
    if not pairs:
        return None
    challenge = load_challenge()
    texts = challenge["text"].tolist()
    gold = pairs[0][0].frame.sort_values("row")["gold"].to_numpy()
    corrected = np.zeros(len(gold), dtype=np.int64)
    for zero_shot, tuned in pairs:
        corrected += ~_is_correct(zero_shot) & _is_correct(tuned)
    originals = np.flatnonzero(~challenge["expectation"].astype(bool))  # not changed on purpose
    best = min(originals, key=lambda i: (-corrected[i], len(texts[i]), i))
    return texts[best], int(gold[best])


def _is_correct(result: Result) -> np.ndarray:
    """Return whether each text of `result` is predicted correctly, (n,) bool, by row."""
    frame = result.frame.sort_values("row")
    return (is_positive(frame["p_positive"]) == (frame["gold"] == POSITIVE)).to_numpy()
