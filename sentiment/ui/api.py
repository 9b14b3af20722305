"""The endpoints `/models` and `/score`: what there is, and what it says of many texts."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.labels import LABELS
from sentiment.limits import MAX_TEXTS, check_text
from sentiment.lineup import LineUp
from sentiment.space import lend_gpu


def create_api(lineup: LineUp, work_id: str) -> None:
    """Add the endpoints.

    Args:
        work_id: the line in which everything that computes waits.
    """

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

    @lend_gpu
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
            part = lineup.score(chosen, checked)
            if part.problem:
                raise InputError(part.problem)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [
            {
                "label": LABELS[int(p > 0.5)],
                "p_positive": p,
                "tokens_read": read,
                "tokens_total": total,
            }
            for p, read, total in zip(
                part.p_positive, part.tokens_read, part.tokens_total, strict=True
            )
        ]

    gr.api(models, api_name="models", queue=False)  # type: ignore[attr-defined]
    gr.api(score, api_name="score", concurrency_id=work_id)  # type: ignore[attr-defined]


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
