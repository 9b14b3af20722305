"""How a prediction came about, in words: the method, the settings a model followed or could not."""

from __future__ import annotations

from html import escape

from sentiment.data.sources import dataset_title
from sentiment.formatting import CALIBRATION_TITLES, describe_method, share_of
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.answers import Prediction
from sentiment.ui.render.html import render_note
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import CUSTOM, TEMPLATES


def describe_prediction(model: ModelInfo, prediction: Prediction) -> str:
    """Describe how `prediction` of `model` came about; empty where there is none.

    The kind of method stands in front of the first comma.
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
    words = describe_method(prediction.method)
    if not model.dataset:  # from elsewhere, where nothing is said of its training
        return words
    data = dataset_title(model.dataset)
    if model.kind == "baseline":
        return copy.METHOD_BASELINE.format(method=words, data=data)
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
    """Warn where a visitor's label words have different numbers of tokens."""
    counts = prediction.label_tokens[::-1]  # positive first, as the words stand
    is_custom = prediction.method is not None and prediction.method.template == CUSTOM
    if not is_custom or len(set(counts)) < 2:
        return ""
    return copy.METHOD_TOKENS.format(first=counts[0], second=counts[1])


def _describe_settings(method: Method, prediction: Prediction) -> list[str]:
    """Describe the zero-shot settings that the model followed, and those it could not."""
    remarks = []
    if "template" in prediction.ignored:
        remarks.append(copy.METHOD_OTHER_TEMPLATE if method.template else copy.METHOD_NO_TEMPLATE)
    if "calibration" in prediction.ignored:
        remarks.append(copy.METHOD_NO_CALIBRATION)
    elif method.calibration != "none":
        remarks.append(
            copy.METHOD_CALIBRATED.format(
                threshold=f"{prediction.threshold:+.2f}".replace("-", "−"),
                calibration=CALIBRATION_TITLES[method.calibration],
            )
        )
    return remarks


def render_template_note(name: str | None) -> str:
    """Render the prompt template called `name`, with its label words and its source."""
    template = TEMPLATES.get(name or "")
    if template is None:
        return render_note(copy.OPTIONS_EACH_OWN_NOTE)
    negative, positive = (words.strip() for words in template.label_words)
    said = copy.OPTIONS_TEMPLATE_NOTE.format(
        negative=negative,
        positive=positive,
        serves=copy.OPTIONS_SERVES[template.kind],
        source=template.source,
    )
    return f'<pre class="s-template">{escape(template.text)}</pre>{render_note(said)}'
