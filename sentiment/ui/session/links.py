"""A link reproduces a view of Compare: its text, its models, and how they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from sentiment.limits import MAX_LINK
from sentiment.method import CALIBRATIONS
from sentiment.ui.render.html import render_note
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import (
    CUSTOM,
    TEMPLATES,
    PromptOptions,
    parse_options,
    parse_template,
)

TABS = ("compare", "lesson", "train", "scores", "examples", "batch", "models")
_OWN_FIELDS = ("prompt", "negative", "positive")  # of the query, where a visitor wrote a template


def write_link(text: str, names: Sequence[str], asking: PromptOptions) -> str:
    """The query that brings a view back; empty where it would be too long for a link."""
    query = {"text": text, "models": ",".join(names)}
    if asking.template:
        query["template"] = asking.template.name
        if asking.template.name == CUSTOM:
            own = (asking.template.text, *(words.strip() for words in asking.template.label_words))
            query |= dict(zip(_OWN_FIELDS, own, strict=True))
    if asking.calibration != CALIBRATIONS[0]:
        query["calibration"] = asking.calibration
    link = f"?{urlencode(query, safe=',')}"
    return link if len(link) <= MAX_LINK else ""


def read_tab(query: Mapping[str, str]) -> str | None:
    """Read the tab that a link such as ?tab=scores opens; None where it names none."""
    tab = query.get("tab", "")
    return tab if tab in TABS else None


def read_models(query: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Those of `names` that a link asks for."""
    return [name for name in query.get("models", "").split(",") if name in names]


def render_unknown(query: Mapping[str, str], names: Sequence[str]) -> str:
    """What a link asks for and is not among `names`; empty where all of it is here."""
    asked = filter(None, query.get("models", "").split(","))
    unknown = [name[:80] for name in dict.fromkeys(asked) if name not in names]
    if not unknown:
        return ""
    more = copy.LINK_MORE.format(count=len(unknown) - 3) if len(unknown) > 3 else ""
    return render_note(copy.LINK_UNKNOWN.format(names=", ".join(unknown[:3]) + more))


def read_options(query: Mapping[str, str]) -> list[str]:
    """The zero-shot settings of a link; what is unknown keeps its default.

    Returns:
        what `sentiment.ui.session.links.read_asking` takes
    """
    template, calibration = query.get("template", ""), query.get("calibration", "")
    return [
        template if template in (*TEMPLATES, CUSTOM) else "",
        calibration if calibration in CALIBRATIONS else CALIBRATIONS[0],
        *(query.get(name, "") for name in _OWN_FIELDS),
    ]


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


MODEL_DEFAULT = ""  # the choice that leaves every model its own template


def read_asking(
    template: str | None = MODEL_DEFAULT,
    calibration: str | None = CALIBRATIONS[0],
    own_text: str | None = None,
    negative: str | None = None,
    positive: str | None = None,
) -> PromptOptions:
    """How zero-shot models are asked, from what the components hold.

    Raises:
        InputError: a template or a calibration is unknown, or a written template cannot be used.
    """
    if template == CUSTOM:
        return parse_options(parse_template(own_text, negative, positive), calibration)
    return parse_options(template or None, calibration)
