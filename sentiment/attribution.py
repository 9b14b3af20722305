"""Why does a model answer as it does? A signed score for every word of a text.

Positive scores speak for the positive label, negative ones for the negative label, on the scale of
the log-odds. Two methods:

- occlusion (Zeiler and Fergus 2014): the log-odds with the word, less those without it. It works
  for every model and costs a reading a word.
- gradient × input (Shrikumar et al. 2016): how steeply the log-odds rise along each token's vector,
  times the vector, summed over a word's tokens. It costs one reading, and only networks have it.

The deletion check (after Samek et al. 2017) asks whether the scores mean anything: without the
words that speak most for its answer, a model should be less sure of it than without as many others
drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
import torch

from sentiment.classifier import Classifier, NetworkClassifier
from sentiment.encoding import pad
from sentiment.errors import InputError
from sentiment.explanation import (
    DELETED_SHARE,
    METHODS,
    RANDOM_DRAWS,
    Attribution,
    Deletion,
    Method,
    Span,
    count_readings,
    split_parts,
)
from sentiment.reliability import log_odds
from sentiment.scoring import score

_SEED = 0


def has_gradient(classifier: Classifier) -> bool:
    """Whether gradient × input can be computed for it."""
    return isinstance(classifier, NetworkClassifier) and classifier.embedding is not None


def explain(classifier: Classifier, text: str, *, method: Method = "occlusion") -> Attribution:
    """Score every part of `text` by what it contributes to the answer of `classifier`.

    Raises:
        InputError: there is no such method, or the model has no gradient.
    """
    compute: dict[str, Callable[[Classifier, str, Sequence[Span]], tuple[list[float], float]]] = {
        "occlusion": _occlude,
        "gradient": _gradient_times_input,
    }
    if method not in compute:
        raise InputError(f"Unknown method {method!r}. Choose from: {', '.join(METHODS)}.")
    parts = split_parts(text)
    scores, odds = compute[method](classifier, text, parts)
    return Attribution(
        parts=tuple(text[start:end] for start, end in parts),
        scores=tuple(scores),
        log_odds=odds,
        method=method,
        readings=count_readings(text, method),
        deletion=_check(classifier, text, parts, scores, odds) if len(parts) > 1 else None,
    )


def _occlude(classifier: Classifier, text: str, parts: Sequence[Span]) -> tuple[list[float], float]:
    without = [_without(text, [part]) for part in parts]
    whole, *rest = log_odds(score(classifier, [text, *without]).p_positive)
    return [float(whole - other) for other in rest], float(whole)


def _gradient_times_input(
    classifier: Classifier, text: str, parts: Sequence[Span]
) -> tuple[list[float], float]:
    if not isinstance(classifier, NetworkClassifier) or classifier.embedding is None:
        raise InputError(f"{classifier.name} has no gradient. Choose occlusion.")
    (tokenized,) = classifier.encode([text])
    vectors: list[torch.Tensor] = []

    def keep(_module: object, _inputs: object, output: torch.Tensor) -> None:
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
    scores = [0.0] * len(parts)
    for value, span in zip(tokens.tolist(), classifier.encode.spans(text), strict=True):
        place = _find_part(span, parts)
        if place is not None:
            scores[place] += value
    return scores, float(odds.detach())


def _find_part(span: Span | None, parts: Sequence[Span]) -> int | None:
    """The part a token belongs to; white space in front of a word belongs to the word."""
    if span is None:
        return None
    return next((i for i, (_, end) in enumerate(parts) if span[0] < end), None)


def _without(text: str, parts: Sequence[Span]) -> str:
    """`text` without those parts, and without the gaps they leave."""
    kept, place = [], 0
    for start, end in sorted(parts):
        kept.append(text[place:start])
        place = end
    return " ".join("".join([*kept, text[place:]]).split())


def _check(
    classifier: Classifier, text: str, parts: Sequence[Span], scores: Sequence[float], odds: float
) -> Deletion:
    direction = 1 if odds > 0 else -1
    count = max(1, ceil(DELETED_SHARE * len(parts)))
    strongest = np.argsort([-direction * value for value in scores], kind="stable")[:count]
    random = np.random.default_rng(_SEED)
    draws = [random.choice(len(parts), count, replace=False) for _ in range(RANDOM_DRAWS)]
    texts = [_without(text, [parts[i] for i in chosen]) for chosen in (strongest, *draws)]
    p_positive = score(classifier, [text, *texts]).p_positive
    p = p_positive if direction > 0 else 1 - p_positive
    return Deletion(
        count=count,
        p_full=float(p[0]),
        p_strongest=float(p[1]),
        p_random=float(p[2:].mean()),
    )
