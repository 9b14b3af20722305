"""The endpoints `/models` and `/score`: what there is, and what it says of many texts."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.batch import cut
from sentiment.errors import InputError
from sentiment.labels import LABELS
from sentiment.limits import MAX_TEXTS, check_text
from sentiment.lineup import LineUp
from sentiment.space import lend_gpu
from sentiment.ui.batch import BATCH_WORK


def create_api(lineup: LineUp) -> None:
    """Add the endpoints. `/score` waits in the line of files, not in that of single texts."""

    def models() -> list[dict[str, Any]]:
        """The models that can be asked.

        Returns:
            One dictionary per model: model, kind ("zero-shot", "fine-tuned" or "baseline"),
            backbone, tuning, dataset, parameters, trainable, bytes; `error` where it cannot be
            used.
        """
        return [
            {
                "model": model.name,
                "kind": model.kind,
                "backbone": model.backbone,
                "tuning": model.tuning,
                "dataset": model.dataset,
                "parameters": model.parameters,
                "trainable": model.trainable,
                "bytes": model.size_bytes,
                **({"error": model.problem} if model.problem else {}),
            }
            for model in lineup.models()
        ]

    def score(texts: list[str], model: str) -> list[dict[str, Any]]:
        """Score many texts with one model.

        Args:
            texts: up to 200, each up to 20,000 characters.
            model: name of a model, as `/models` gives it.

        Returns:
            One dictionary per text, in their order: label, p_positive, tokens_read, tokens_total.
        """
        try:
            checked = _check(texts)
            (chosen,) = lineup.choose([model])
            parts = list(cut(checked, lambda own: lend_gpu(lineup.score)(chosen, own)))
            if parts[-1].problem:
                raise InputError(parts[-1].problem)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [
            {
                "label": LABELS[int(p > 0.5)],
                "p_positive": p,
                "tokens_read": read,
                "tokens_total": total,
            }
            for part in parts
            for p, read, total in zip(
                part.p_positive, part.tokens_read, part.tokens_total, strict=True
            )
        ]

    gr.api(models, api_name="models", queue=False)  # type: ignore[attr-defined]
    gr.api(score, api_name="score", concurrency_id=BATCH_WORK)  # type: ignore[attr-defined]


def _check(texts: object) -> list[str]:
    if not isinstance(texts, list) or not texts:
        raise InputError("The texts must be a list of strings.")
    if len(texts) > MAX_TEXTS:
        raise InputError(f"{len(texts):,} texts were sent; the limit is {MAX_TEXTS}.")
    checked = []
    for i, text in enumerate(texts, start=1):
        try:
            checked.append(check_text(text))
        except InputError as error:
            raise InputError(f"Text {i}: {error}") from error
    return checked
