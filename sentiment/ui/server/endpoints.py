"""The endpoints `/models`, `/score`, `/compare` and `/explain`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.inference.explanation import METHODS, find_method
from sentiment.labels import LABELS
from sentiment.limits import MAX_TEXTS, check_text
from sentiment.method import CALIBRATIONS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import BatchPrediction, Explanation, Prediction
from sentiment.serving.file_job import cut
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.methods import describe_prediction
from sentiment.ui.session.errors import raise_errors
from sentiment.ui.session.jobs import BATCH_QUEUE, EXPLAIN_QUEUE, TEXT_QUEUE, TEXT_QUEUE_SIZE
from sentiment.zero_shot.demonstrations import SOURCES, choose_demonstrations
from sentiment.zero_shot.templates import parse_options


def unwrap_docstring(function: Callable[..., Any]) -> Callable[..., Any]:
    """Join wrapped lines of the docstring, which Gradio shows with a comma at every line break."""
    head, _, returns = inspect.cleandoc(function.__doc__ or "").partition("Returns:")
    joined = re.sub(r"\n {5,}", " ", head)
    function.__doc__ = f"{joined}Returns:\n    {' '.join(returns.split())}"
    return function


def create_api(lineup: LineUp) -> None:
    """Add all endpoints."""
    create_models_api(lineup)
    create_score_api(lineup)
    create_compare_api(lineup)
    create_explain_api(lineup)


def create_models_api(lineup: LineUp) -> None:
    """Add the endpoint `/models`."""

    @unwrap_docstring
    def models() -> list[dict[str, Any]]:
        """List the available models.

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
                **({"error": model.error} if model.error else {}),
            }
            for model in lineup.models()
        ]

    gr.api(models, api_name="models", queue=False)  # type: ignore[attr-defined]


def create_score_api(lineup: LineUp) -> None:
    """Add the endpoint `/score`, which waits in the queue of files, not in that of single texts."""

    @raise_errors
    @unwrap_docstring
    def score(texts: list[str], model: str) -> list[dict[str, Any]]:
        """Classify many texts with one model.

        Args:
            texts: up to 200, each up to 20,000 characters.
            model: name of a model, from `/models`.

        Returns:
            One dictionary per text, in their order: label, p_positive, tokens_read, tokens_total;
            `p_neutral`, the share of neutral labels, where the model has them.
        """
        checked = _check(texts)
        (chosen,) = lineup.select([model])
        parts = list(cut(checked, lambda own: use_zero_gpu(lineup.score)(chosen, own)))
        if parts[-1].error:
            raise InputError(parts[-1].error)
        return [record for part in parts for record in _score_records(part)]

    gr.api(score, api_name="score", concurrency_id=BATCH_QUEUE)  # type: ignore[attr-defined]


def _score_records(part: BatchPrediction) -> list[dict[str, Any]]:
    """Build one record per text, with `p_neutral` only if the model has neutral labels."""
    columns = {
        "label": [LABELS[int(p > 0.5)] for p in part.p_positive],
        "p_positive": part.p_positive,
        "tokens_read": part.tokens_read,
        "tokens_total": part.tokens_total,
        **({"p_neutral": part.p_neutral} if part.p_neutral else {}),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


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


def create_compare_api(lineup: LineUp) -> None:
    """Add the endpoint `/compare`: the predictions of Compare without the page."""

    @use_zero_gpu
    @raise_errors
    @unwrap_docstring
    def compare(
        text: str,
        models: list[str] | None = None,
        template: str | None = None,
        calibration: str = CALIBRATIONS[0],
        shots: int = 0,
        shots_seed: int = 0,
        shots_from: str = SOURCES[0],
        demonstrations: str | None = None,
    ) -> list[dict[str, Any]]:
        """Classify one text with the default models, or with the named ones.

        Args:
            text: up to 20,000 characters.
            models: names of models, as on the page; default: those that Compare shows first.
            template: prompt template of zero-shot models, such as "holtzman"; default: that of each
                model, also where the template does not fit the model.
            calibration: "none", or "contextual" or "pmi_dc" to shift the decision threshold of
                zero-shot models without labels.
            shots: number of labelled demonstrations before the text, up to 32, for models that
                answer by prompt; default: 0, zero-shot.
            shots_seed: seed of their random draw.
            shots_from: what they are drawn from, "first-lesson" or "sst2".
            demonstrations: in place of a draw, one per line: + or −, and a text.

        Returns:
            One dictionary per model: model, kind ("zero-shot", "few-shot", "fine-tuned" or
            "baseline"), backbone, label, p_negative, p_positive, ms, tokens_read, tokens_total;
            method, how the model classifies or was trained, in words; `prompt`, the exact prompt,
            where there is one; `p_neutral`, the share of neutral labels, where a model has them. A
            model that failed has `error` in place of the label and the numbers.
        """
        checked, chosen = check_text(text), lineup.select(models)
        shown = choose_demonstrations(shots, shots_seed, shots_from, demonstrations)
        options = parse_options(template, calibration, shown)
        found = {p.model: p for p in lineup.predict_each(chosen, checked, options)}
        return [_answer_record(model, found[model.name]) for model in chosen]

    gr.api(  # type: ignore[attr-defined]
        compare, api_name="compare", concurrency_id=TEXT_QUEUE, concurrency_limit=TEXT_QUEUE_SIZE
    )


def _answer_record(model: ModelInfo, answer: Prediction) -> dict[str, Any]:
    record = {"model": answer.model, "kind": answer.kind, "backbone": answer.backbone}
    if answer.error:
        return {**record, "error": answer.error}
    return {
        **record,
        "label": answer.label,
        "p_negative": answer.p_negative,
        "p_positive": answer.p_positive,
        "ms": answer.ms,
        "tokens_read": answer.tokens_read,
        "tokens_total": answer.tokens_total,
        "method": describe_prediction(model, answer),
        **({"prompt": answer.prompt} if answer.prompt else {}),
        **({"p_neutral": answer.p_neutral} if answer.p_neutral is not None else {}),
    }


def create_explain_api(lineup: LineUp) -> None:
    """Add the endpoint `/explain`: the attributions of Compare without the page."""

    @use_zero_gpu
    @raise_errors
    @unwrap_docstring
    def explain(
        text: str, models: list[str] | None = None, method: str = METHODS[0]
    ) -> list[dict[str, Any]]:
        """Attribute the predictions of models to the words of a text.

        Args:
            text: up to 20,000 characters; of a text of more than 60 words, runs of words.
            models: names of models, as on the page; default: those that Compare shows first.
            method: "occlusion", for every model, or "gradient", for neural networks.

        Returns:
            One dictionary per model: model, kind, backbone, parts, scores (log-odds; above 0:
            towards positive), log_odds of the whole text, method, forward_passes (readings is the
            same) and deletion (count, p_full, p_strongest, p_random). A score is null where the
            model reads nothing of the part, as in the middle of a long text. A model that cannot
            be explained has `error` instead.
        """
        checked, chosen = check_text(text), lineup.select(models)
        wanted = find_method(method)
        return [_explanation_record(lineup.explain(model, checked, wanted)) for model in chosen]

    gr.api(explain, api_name="explain", concurrency_id=EXPLAIN_QUEUE)  # type: ignore[attr-defined]


def _explanation_record(explanation: Explanation) -> dict[str, Any]:
    record = {
        "model": explanation.model,
        "kind": explanation.kind,
        "backbone": explanation.backbone,
    }
    if explanation.attribution is None:
        return {**record, "error": explanation.error}
    passes = explanation.attribution.forward_passes
    return {**record, **asdict(explanation.attribution), "readings": passes}
