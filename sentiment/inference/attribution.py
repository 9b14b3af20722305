"""Attribution of a prediction to the words of a text: a signed score per word.

Scores are on the scale of the log-odds, positive towards the positive label. Two methods:

- occlusion (Zeiler and Fergus 2014): the log-odds with the word minus those without it. It works
  for every model and needs one forward pass per word.
- gradient × input (Shrikumar et al. 2016): the gradient of the log-odds with respect to each token
  embedding, times the embedding, summed over a word's tokens. It needs one forward and one backward
  pass, and a neural network.

The deletion check (after Samek et al. 2017) tests whether the scores are faithful to the model:
deleting the words with the highest attribution should lower the probability of the predicted label
more than deleting as many random others.
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
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.models.encoding import Span, pad
from sentiment.probabilities import log_odds, sigmoid

_SEED = 0
_Scored = tuple[dict[int, float], float, int]  # scores by part, log-odds, forward passes


def explain(
    classifier: Classifier, text: str, *, method: AttributionMethod = "occlusion"
) -> Attribution:
    """Compute the attribution of the prediction of `classifier` to the words of `text`.

    Truncated words have no score and are left out of the deletion check.

    Raises:
        InputError: there is no such method, or the model has no gradient.
    """
    compute: dict[str, Callable[[Classifier, str, Sequence[Span]], _Scored]] = {
        "occlusion": _occlude,
        "gradient": _gradient_times_input,
    }
    if method not in compute:
        raise InputError(f"Unknown method {method!r}. Choose from: {', '.join(METHODS)}.")
    parts = split_words(text)
    scores, odds, forward_passes = compute[method](classifier, text, parts)
    if not np.isfinite([*scores.values(), odds]).all():
        raise CheckpointError(f"{classifier.name} gives no finite scores for this text.")
    deletion, checked = _check_deletion(classifier, text, parts, scores, odds)
    return Attribution(
        parts=tuple(text[start:end] for start, end in parts),
        scores=tuple(scores.get(i) for i in range(len(parts))),
        log_odds=odds,
        method=method,
        forward_passes=forward_passes + checked,
        deletion=deletion,
    )


def _occlude(classifier: Classifier, text: str, parts: Sequence[Span]) -> _Scored:
    if len(parts) == 1:  # without it the text would be empty
        odds = float(log_odds(score(classifier, [text]).p_positive)[0])
        return {0: odds}, odds, 1
    read = _read_parts(classifier, text, parts)
    texts = [text, *(_delete(text, parts, {i}) for i in read)]
    whole, *rest = log_odds(score(classifier, texts).p_positive)
    scores = {i: float(whole - other) for i, other in zip(read, rest, strict=True)}
    return scores, float(whole), len(texts)


def _gradient_times_input(classifier: Classifier, text: str, parts: Sequence[Span]) -> _Scored:
    if not isinstance(classifier, NetworkClassifier) or classifier.embedding is None:
        raise InputError(f"{classifier.name} has no gradient. Choose occlusion.")
    (tokenized,) = classifier.encode([text])
    embeddings: list[torch.Tensor] = []

    this_thread = threading.get_ident()

    def hook(_module: object, _inputs: object, output: torch.Tensor) -> None:
        if threading.get_ident() != this_thread:
            return  # a forward pass of another thread
        if output.requires_grad:
            output.retain_grad()
        else:
            output.requires_grad_()
        embeddings.append(output)

    ids, mask = pad([tokenized.ids], pad_id=classifier.pad_id)
    handle = classifier.embedding.register_forward_hook(hook)
    try:
        with torch.enable_grad():
            logits = classifier.logits(ids.to(classifier.device), mask.to(classifier.device))[0]
            odds = logits[POSITIVE] - logits[NEGATIVE]
            grads = torch.autograd.grad(odds, embeddings)
    finally:
        handle.remove()
    # A prompt with label words of several tokens needs several passes; the text is first in each.
    length = len(tokenized.ids)
    tokens = torch.zeros(length)
    for grad, embedded in zip(grads, embeddings, strict=True):
        values = (grad * embedded).detach()[0, :length].sum(dim=-1).cpu()
        tokens[: len(values)] += values  # a hypothesis of other length follows the text
    scores = dict.fromkeys(_read_parts(classifier, text, parts), 0.0)
    for value, span in zip(tokens.tolist(), classifier.encode.offsets(text), strict=True):
        part = _find_part(span, parts)
        if part is not None:
            scores[part] += value
    return scores, float(odds.detach()), 1


def _find_part(span: Span | None, parts: Sequence[Span]) -> int | None:
    """Find the word of a token; white space before a word belongs to the word."""
    if span is None:
        return None
    return next((i for i, (_, end) in enumerate(parts) if span[0] < end), None)


def _read_parts(classifier: Classifier, text: str, parts: Sequence[Span]) -> list[int]:
    """Find the words that are not truncated, or only in part."""
    if not isinstance(classifier, NetworkClassifier):
        return list(range(len(parts)))
    indices = (_find_part(span, parts) for span in classifier.encode.offsets(text))
    return sorted({index for index in indices if index is not None})


def _delete(text: str, parts: Sequence[Span], deleted: set[int]) -> str:
    """Delete words from `text`, each with the white space before it."""
    remaining: list[str] = []
    for i, (start, end) in enumerate(parts):
        if i not in deleted:
            before = parts[i - 1][1] if remaining else start
            remaining.append(text[before:start] + text[start:end])
    return "".join(remaining)


def _check_deletion(
    classifier: Classifier, text: str, parts: Sequence[Span], scores: dict[int, float], odds: float
) -> tuple[DeletionCheck | None, int]:
    """Compute the deletion check; return it and the number of its forward passes."""
    if len(scores) < MIN_CHECKED:
        return None, 0
    direction = 1 if odds > 0 else -1
    count = ceil(DELETED_SHARE * len(scores))
    order = sorted(scores, key=lambda i: -direction * scores[i])
    strongest, others = order[:count], order[count:]
    rng = np.random.default_rng(_SEED)
    draws = [rng.choice(others, count, replace=False).tolist() for _ in range(RANDOM_DRAWS)]
    texts = [_delete(text, parts, set(chosen)) for chosen in (strongest, *draws)]
    remaining = direction * log_odds(score(classifier, texts).p_positive)
    p = sigmoid(np.array([direction * odds, *remaining]))
    check = DeletionCheck(
        count=count,
        p_full=float(p[0]),
        p_strongest=float(p[1]),
        p_random=float(p[2:].mean()),
        is_passed=bool(remaining[0] < remaining[1:].min()),
    )
    return check, len(texts)
