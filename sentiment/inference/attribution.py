"""Why does a model answer as it does? A signed score for every word of a text.

Positive scores speak for the positive label, negative ones for the negative label, on the scale of
the log-odds. Two methods:

- occlusion (Zeiler and Fergus 2014): the log-odds with the word, less those without it. It works
  for every model and costs a reading a word.
- gradient × input (Shrikumar et al. 2016): how steeply the log-odds rise along each token's vector,
  times the vector, summed over a word's tokens. It costs one reading, and only networks have it.

The deletion check (after Samek et al. 2017) asks whether the scores mean anything: without the
words that speak most for its answer, a model should be less sure of it than without as many others,
however these are drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
import torch

from sentiment.errors import CheckpointError, InputError
from sentiment.inference.explanation import (
    DELETED_SHARE,
    METHODS,
    MIN_CHECKED,
    RANDOM_DRAWS,
    Attribution,
    AttributionMethod,
    DeletionCheck,
    split_words,
)
from sentiment.inference.scoring import score
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.models.encoding import Span, pad
from sentiment.probabilities import log_odds, sigmoid

_SEED = 0
_Found = tuple[dict[int, float], float, int]  # scores of parts read, log-odds, texts read for them


def explain(
    classifier: Classifier, text: str, *, method: AttributionMethod = "occlusion"
) -> Attribution:
    """Score every part of `text` by what it contributes to the answer of `classifier`.

    Parts it reads nothing of have no score, and no part in the deletion check.

    Raises:
        InputError: there is no such method, or the model has no gradient.
    """
    compute: dict[str, Callable[[Classifier, str, Sequence[Span]], _Found]] = {
        "occlusion": _occlude,
        "gradient": _gradient_times_input,
    }
    if method not in compute:
        raise InputError(f"Unknown method {method!r}. Choose from: {', '.join(METHODS)}.")
    parts = split_words(text)
    scores, odds, forward_passes = compute[method](classifier, text, parts)
    if not np.isfinite([*scores.values(), odds]).all():
        raise CheckpointError(f"{classifier.name} gives no finite scores for this text.")
    deletion, checked = _check(classifier, text, parts, scores, odds)
    return Attribution(
        parts=tuple(text[start:end] for start, end in parts),
        scores=tuple(scores.get(i) for i in range(len(parts))),
        log_odds=odds,
        method=method,
        forward_passes=forward_passes + checked,
        deletion=deletion,
    )


def _occlude(classifier: Classifier, text: str, parts: Sequence[Span]) -> _Found:
    if len(parts) == 1:  # without it nothing would be left to read
        odds = float(log_odds(score(classifier, [text]).p_positive)[0])
        return {0: odds}, odds, 1
    read = _read_parts(classifier, text, parts)
    texts = [text, *(_without(text, parts, {i}) for i in read)]
    whole, *rest = log_odds(score(classifier, texts).p_positive)
    found = {i: float(whole - other) for i, other in zip(read, rest, strict=True)}
    return found, float(whole), len(texts)


def _gradient_times_input(classifier: Classifier, text: str, parts: Sequence[Span]) -> _Found:
    if not isinstance(classifier, NetworkClassifier) or classifier.embedding is None:
        raise InputError(f"{classifier.name} has no gradient. Choose occlusion.")
    (tokenized,) = classifier.encode([text])
    vectors: list[torch.Tensor] = []

    here = threading.get_ident()

    def keep(_module: object, _inputs: object, output: torch.Tensor) -> None:
        if threading.get_ident() != here:
            return  # another thread reads through the same network
        if output.requires_grad:
            output.retain_grad()
        else:
            output.requires_grad_()
        vectors.append(output)

    ids, mask = pad([tokenized.ids], pad_id=classifier.pad_id)
    handle = classifier.embedding.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            logits = classifier.logits(ids.to(classifier.device), mask.to(classifier.device))[0]
            odds = logits[classifier.positive] - logits[1 - classifier.positive]
            grads = torch.autograd.grad(odds, vectors)
    finally:
        handle.remove()
    # A prompt of several label words is read more than once; the text stands first each time.
    length = len(tokenized.ids)
    tokens = torch.zeros(length)
    for grad, vector in zip(grads, vectors, strict=True):
        tokens += (grad * vector).detach()[0, :length].sum(dim=-1).cpu()
    scores = dict.fromkeys(_read_parts(classifier, text, parts), 0.0)
    for value, span in zip(tokens.tolist(), classifier.encode.offsets(text), strict=True):
        place = _find_part(span, parts)
        if place is not None:
            scores[place] += value
    return scores, float(odds.detach()), 1


def _find_part(span: Span | None, parts: Sequence[Span]) -> int | None:
    """Find the word of a token; white space in front of a word belongs to the word."""
    if span is None:
        return None
    return next((i for i, (_, end) in enumerate(parts) if span[0] < end), None)


def _read_parts(classifier: Classifier, text: str, parts: Sequence[Span]) -> list[int]:
    """Find the words that the model reads at least in part; a long text is cut in the middle."""
    if not isinstance(classifier, NetworkClassifier):
        return list(range(len(parts)))
    found = (_find_part(span, parts) for span in classifier.encode.offsets(text))
    return sorted({place for place in found if place is not None})


def _without(text: str, parts: Sequence[Span], dropped: set[int]) -> str:
    """Remove words from `text`, each with the white space in front of it."""
    kept: list[str] = []
    for i, (start, end) in enumerate(parts):
        if i not in dropped:
            before = parts[i - 1][1] if kept else start
            kept.append(text[before:start] + text[start:end])
    return "".join(kept)


def _check(
    classifier: Classifier, text: str, parts: Sequence[Span], scores: dict[int, float], odds: float
) -> tuple[DeletionCheck | None, int]:
    """Compute the deletion check over the words with a score; return it and its forward passes."""
    if len(scores) < MIN_CHECKED:
        return None, 0
    direction = 1 if odds > 0 else -1
    count = ceil(DELETED_SHARE * len(scores))
    order = sorted(scores, key=lambda i: -direction * scores[i])
    strongest, others = order[:count], order[count:]
    random = np.random.default_rng(_SEED)
    draws = [random.choice(others, count, replace=False).tolist() for _ in range(RANDOM_DRAWS)]
    texts = [_without(text, parts, set(chosen)) for chosen in (strongest, *draws)]
    left = direction * log_odds(score(classifier, texts).p_positive)
    p = sigmoid(np.array([direction * odds, *left]))
    found = DeletionCheck(
        count=count,
        p_full=float(p[0]),
        p_strongest=float(p[1]),
        p_random=float(p[2:].mean()),
        is_passed=bool(left[0] < left[1:].min()),
    )
    return found, len(texts)
