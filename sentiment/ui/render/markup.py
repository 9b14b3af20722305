"""Render Jinja templates with autoescaping, and format their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sentiment.labels import LABELS

SIGNS = {LABELS[0]: "−", LABELS[1]: "+"}


def show_probability(p: float) -> str:
    """Format a probability with two digits; rounding never yields 0.00 or 1.00."""
    return "<0.01" if 0 < p < 0.005 else ">0.99" if 0.995 <= p < 1 else f"{p:.2f}"


def show_signed(value: float, digits: int = 2) -> str:
    """Format a number with its sign and a typographic minus; zero has no sign."""
    shown = f"{abs(value):.{digits}f}"
    return shown if float(shown) == 0 else f"{'+' if value > 0 else '−'}{shown}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(probability=show_probability, signed=show_signed)
_ENVIRONMENT.globals.update(signs=SIGNS)


def render_template(name: str, **values: Any) -> Markup:
    """Render the template `name`.html; strings are escaped, `Markup` is not."""
    return Markup(_ENVIRONMENT.get_template(f"{name}.html").render(**values))
