"""The palette reads in light and dark: WCAG's contrast of every pair that stands on the page."""

from __future__ import annotations

import pytest

from sentiment.ui.render import attributions, matrices
from sentiment.ui.render.theme import PALETTE, build_theme, css_variables

SCHEMES = {"light": 0, "dark": 1}
INKS = ("ink", "soft", "accent", "negative", "positive", "alert")
PAPERS = ("paper", "card")
TEXT, SHAPE = 4.5, 3.0  # the least contrast of a text, and of a line or mark

Colour = tuple[float, float, float]


def _parse(colour: str) -> Colour:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return (red, green, blue)


def _luminance(colour: Colour) -> float:
    linear = [
        value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4
        for value in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _named(name: str, scheme: str) -> Colour:
    return _parse(PALETTE[name][SCHEMES[scheme]])


def _tint(colour: Colour, percent: float, paper: Colour) -> Colour:
    share = percent / 100
    red, green, blue = (share * c + (1 - share) * p for c, p in zip(colour, paper, strict=True))
    return (red, green, blue)


def test_contrast_is_that_of_wcag() -> None:
    assert _contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert _contrast(_parse("#777777"), (255, 255, 255)) == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("ink", INKS)
def test_a_text_stands_out_from_what_it_is_on(ink: str, paper: str, scheme: str) -> None:
    assert _contrast(_named(ink, scheme), _named(paper, scheme)) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_pressed_button_can_be_read(scheme: str) -> None:
    assert _contrast(_named("accent-ink", scheme), _named("accent", scheme)) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("tint", "percent"),
    [
        ("positive", attributions._MAX_TINT),
        ("negative", attributions._MAX_TINT),
        ("accent", matrices._MAX_TINT),
    ],
)
def test_ink_can_be_read_on_the_deepest_tint(tint: str, percent: float, scheme: str) -> None:
    below = _tint(_named(tint, scheme), percent, _named("card", scheme))
    assert _contrast(_named("ink", scheme), below) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_two_sentiments_differ_in_lightness(scheme: str) -> None:
    """So that they are told apart in grey."""
    assert _contrast(_named("negative", scheme), _named("positive", scheme)) >= 1.3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bars_stand_out_from_their_track(scheme: str) -> None:
    for name in ("negative", "positive"):
        assert _contrast(_named(name, scheme), _named("track", scheme)) >= SHAPE


def test_gradio_has_no_colour_of_its_own_where_the_palette_names_one() -> None:
    given = build_theme().to_dict()["theme"]
    own = {colour for pair in PALETTE.values() for colour in pair}
    assert {given["body_background_fill"], given["error_text_color_dark"]} <= own
    for name, (light, dark) in PALETTE.items():
        assert f"--s-{name}:{light};" in css_variables()
        assert f"--s-{name}:{dark};" in css_variables()
