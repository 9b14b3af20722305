"""Create and parse links to a view of Compare: text, models and zero-shot settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from sentiment.labels import LABELS
from sentiment.limits import MAX_LINK
from sentiment.method import CALIBRATIONS
from sentiment.ui.render.html import render_note
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.demonstrations import (
    EDITED,
    SOURCES,
    choose_demonstrations,
    format_demonstrations,
)
from sentiment.zero_shot.templates import (
    CUSTOM,
    TEMPLATES,
    PromptOptions,
    parse_options,
    parse_template,
)

TABS = ("compare", "lesson", "train", "scores", "examples", "batch", "models")
SHOTS = ("0", "2", "4", "8")  # numbers of demonstrations on the page
SEEDS = ("0", "1", "2", "3", "4")  # of their draws
_OWN_FIELDS = ("prompt", "negative", "positive")  # of the query, where a visitor wrote a template


def write_link(
    text: str, names: Sequence[str], asking: PromptOptions, *, label: str | None = None
) -> str:
    """Build the query of a view; empty if it is too long for a link."""
    query = {"text": text, "models": ",".join(names)}
    if asking.template:
        query["template"] = asking.template.name
        if asking.template.name == CUSTOM:
            own = (asking.template.text, *(words.strip() for words in asking.template.label_words))
            query |= dict(zip(_OWN_FIELDS, own, strict=True))
    if asking.calibration != CALIBRATIONS[0]:
        query["calibration"] = asking.calibration
    shown = asking.demonstrations
    if shown:
        query["shots"] = _fit_shots(len(shown))
        query |= {"seed": str(shown.seed)} if shown.seed else {}
        if shown.source == EDITED:
            query["demonstrations"] = format_demonstrations(shown)
    if label in LABELS:
        query["label"] = label
    link = f"?{urlencode(query, safe=',')}"
    return link if len(link) <= MAX_LINK else ""


def read_tab(query: Mapping[str, str]) -> str | None:
    """Read the tab from a link such as ?tab=scores; None if it names none."""
    tab = query.get("tab", "")
    return tab if tab in TABS else None


def read_models(query: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Select the models that a link names from `names`."""
    return [name for name in query.get("models", "").split(",") if name in names]


def render_unknown(query: Mapping[str, str], names: Sequence[str]) -> str:
    """Describe the models of a link that are not in `names`; empty if there are none."""
    asked = filter(None, query.get("models", "").split(","))
    unknown = [name[:80] for name in dict.fromkeys(asked) if name not in names]
    if not unknown:
        return ""
    more = copy.LINK_MORE.format(count=len(unknown) - 3) if len(unknown) > 3 else ""
    return render_note(copy.LINK_UNKNOWN.format(names=", ".join(unknown[:3]) + more))


def read_options(query: Mapping[str, str]) -> list[str]:
    """Read the zero-shot settings from a link; unknown values keep their defaults.

    Returns:
        what `sentiment.ui.session.links.parse_prompt_options` takes
    """
    template, calibration = query.get("template", ""), query.get("calibration", "")
    shots, seed = query.get("shots", ""), query.get("seed", "")
    return [
        template if template in (*TEMPLATES, CUSTOM) else "",
        calibration if calibration in CALIBRATIONS else CALIBRATIONS[0],
        *(query.get(name, "") for name in _OWN_FIELDS),
        shots if shots in SHOTS else SHOTS[0],
        seed if seed in SEEDS else SEEDS[0],
        query.get("demonstrations", ""),
    ]


def _fit_shots(count: int) -> str:
    """Find the choice of the page for a number of demonstrations, which may be edited."""
    return next((choice for choice in SHOTS if int(choice) >= count), SHOTS[-1])


def render_link(link: str, *, picture: str = "") -> str:
    """Render the link to a view with a button that copies it.

    Args:
        picture: words of a button that saves the view as a picture, where there is one.
    """
    if not link:
        return render_note(copy.LINK_TOO_LONG)
    saves = f'<button type="button" class="s-picture">{picture}</button> ' if picture else ""
    return (
        f'<p class="s-view"><button type="button" class="s-copy" '
        f'data-copied="{copy.LINK_COPIED}" data-selected="{copy.LINK_SELECTED}">'
        f'{copy.LINK_COPY}</button> {saves}<a href="{escape(link)}">{escape(link)}</a></p>'
    )


MODEL_DEFAULT = ""  # value of "default of each model"


def parse_prompt_options(
    template: str | None = MODEL_DEFAULT,
    calibration: str | None = CALIBRATIONS[0],
    own_text: str | None = None,
    negative: str | None = None,
    positive: str | None = None,
    shots: str | None = SHOTS[0],
    seed: str | None = SEEDS[0],
    lines: str | None = None,
) -> PromptOptions:
    """Parse the settings of prompting from the values of the components.

    Raises:
        InputError: a template, a calibration or a draw is unknown, or a written template or
            written demonstrations cannot be used.
    """
    shown = choose_demonstrations(shots or SHOTS[0], seed or SEEDS[0], SOURCES[0], lines)
    if template == CUSTOM:
        return parse_options(parse_template(own_text, negative, positive), calibration, shown)
    return parse_options(template or None, calibration, shown)
