"""Render the slides of the lesson around their components."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from sentiment.ui.lesson import text as copy
from sentiment.ui.render.markup import render_template

Part = Literal["try", "guess"]  # what is done on a slide


@dataclass(frozen=True)
class Slide:
    """Slide of a step (from 1) of the lesson."""

    step: int
    part: Part


# A step opens at its first slide. Step 5 has no row in the chart while no bundled model was
# fine-tuned in full; in step 6 the table of all costs comes after the last guess.
SLIDES = (
    *(Slide(step, part) for step in range(1, 5) for part in ("try", "guess")),
    Slide(5, "try"),
    Slide(6, "guess"),
    Slide(6, "try"),
)


def render_top() -> Markup:
    """Render what stands above a slide while it is not presented."""
    return render_template("lesson_top", lead=copy.LEAD, start=copy.START)


def render_slide(step: int) -> Markup:
    """Render the claim of `step`, which counts from 1, and the sentences under it."""
    own = copy.STEPS[step - 1]
    place = copy.PLACE.format(step=step, steps=len(copy.STEPS), name=own.name)
    return render_template("lesson_slide", place=place, step=own)


def render_task(step: int) -> Markup:
    """Render what to do on the page in `step`."""
    return render_template("lesson_task", said=copy.STEPS[step - 1].live)


def render_question(step: int) -> Markup:
    """Render the question that the class answers with a guess before the reveal."""
    return render_template("lesson_question", said=copy.STEPS[step - 1].guess)


def render_fold(title: str, body: str, *, name: str) -> Markup:
    """Render `body`, which is markup, folded away under `title`; `name` becomes its class."""
    return render_template("lesson_fold", title=title, body=Markup(body), style=name)


def render_foot() -> Markup:
    """Render a dash for every slide, and the keys as buttons."""
    order = json.dumps([[slide.step, slide.part] for slide in SLIDES])
    return render_template("lesson_foot", slides=SLIDES, order=order, copy=copy.FOOT)
