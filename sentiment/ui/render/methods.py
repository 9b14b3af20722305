"""Describe the method of a prediction, and the zero-shot settings applied or ignored."""

from __future__ import annotations

from sentiment.data.sources import dataset_title
from sentiment.formatting import CALIBRATION_TITLES, describe_method, share_of
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.answers import Prediction
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import CUSTOM


def describe_prediction(model: ModelInfo, prediction: Prediction) -> str:
    """Describe the method of `prediction`; empty if it has none.

    The kind of method precedes the first comma.
    """
    if prediction.method is None:
        return ""
    if model.kind == "zero-shot":
        return "; ".join(
            [
                describe_method(prediction.method) + _describe_tokens(prediction),
                *_describe_settings(prediction.method, prediction),
            ]
        )
    method = describe_method(prediction.method)
    if not model.dataset:  # an added model with unknown training data
        return method
    data = dataset_title(model.dataset)
    if model.kind == "baseline":
        return copy.METHOD_BASELINE.format(method=method, data=data)
    tuned = copy.METHOD_TUNED.format(
        tuning=TUNING_TITLES.get(model.tuning, model.tuning),
        share=share_of(model.trainable, model.parameters),
        data=data,
    )
    return (
        copy.METHOD_AFTER.format(tuned=tuned, start=model.started_from)
        if model.started_from
        else tuned
    )


def _describe_tokens(prediction: Prediction) -> str:
    """Warn if custom label words have different numbers of tokens."""
    counts = prediction.label_tokens[::-1]  # positive first, as in the form
    is_custom = prediction.method is not None and prediction.method.template == CUSTOM
    if not is_custom or len(set(counts)) < 2:
        return ""
    return copy.METHOD_TOKENS.format(first=counts[0], second=counts[1])


def _describe_settings(method: Method, prediction: Prediction) -> list[str]:
    """Describe the zero-shot settings that were applied or ignored."""
    notes = []
    if "template" in prediction.ignored:
        notes.append(copy.METHOD_OTHER_TEMPLATE if method.template else copy.METHOD_NO_TEMPLATE)
    if "chat" in prediction.ignored:
        notes.append(copy.METHOD_NO_CHAT)
    if "shots" in prediction.ignored:
        notes.append(copy.METHOD_NO_SHOTS)
    if "calibration" in prediction.ignored:
        notes.append(copy.METHOD_NO_CALIBRATION)
    elif method.calibration != "none":
        notes.append(
            copy.METHOD_CALIBRATED.format(
                threshold=f"{prediction.threshold:+.2f}".replace("-", "−"),
                calibration=CALIBRATION_TITLES[method.calibration],
            )
        )
    return notes
