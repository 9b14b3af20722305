from __future__ import annotations

from html import unescape
from urllib.parse import parse_qsl

import pytest

from sentiment.limits import MAX_LINK
from sentiment.ui.session.links import (
    parse_prompt_options,
    read_models,
    read_options,
    render_link,
    render_unknown,
    write_link,
)
from sentiment.zero_shot.demonstrations import draw_demonstrations, parse_demonstrations
from sentiment.zero_shot.templates import (
    DEFAULT_OPTIONS,
    TEMPLATES,
    PromptOptions,
    parse_options,
    parse_template,
)

NAMES = ["one", "two"]
EDITED = parse_demonstrations("+ A & B = “fine”\n− dull, #1?\n+ 50 % more")
CUSTOM = parse_template("{text} & so\nit was", "dull", "grand, great")


@pytest.mark.parametrize(
    "asking",
    [
        DEFAULT_OPTIONS,
        parse_options(None, "pmi_dc"),
        *(parse_options(name, "contextual") for name in TEMPLATES),
        PromptOptions(template=CUSTOM),
        PromptOptions(template=CUSTOM, calibration="contextual"),
        PromptOptions(demonstrations=draw_demonstrations(8)),
        PromptOptions(template=CUSTOM, demonstrations=draw_demonstrations(2, seed=4)),
        PromptOptions(demonstrations=EDITED),
        parse_options("zhao", "pmi_dc", EDITED),
    ],
)
@pytest.mark.parametrize("text", ["A dull film.", "50 % & <b>“more”</b>?\nنعم #1 a+b=c"])
def test_a_link_brings_back_what_it_was_written_for(text: str, asking: PromptOptions) -> None:
    link = write_link(text, NAMES, asking)
    query = dict(parse_qsl(link.removeprefix("?"), strict_parsing=True))
    assert query["text"] == text
    assert read_models(query, [*NAMES, "three"]) == NAMES
    assert parse_prompt_options(*read_options(query)) == asking


def test_a_usual_view_has_a_short_link() -> None:
    assert write_link("A dull film.", NAMES, DEFAULT_OPTIONS) == "?text=A+dull+film.&models=one,two"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"template": "zaho", "calibration": "magic"},
        {"prompt": "{text} is"},
        {"shots": "3", "seed": "2"},
        {"shots": "-1", "demonstrations": "+ fine"},
        {"seed": "1", "demonstrations": "+ fine"},
    ],
)
def test_what_a_link_says_of_unknown_things_is_left_out(query: dict[str, str]) -> None:
    assert parse_prompt_options(*read_options(query)) == DEFAULT_OPTIONS
    assert read_models({"models": "three,../two,one"}, NAMES) == ["one"]


def test_a_link_to_a_draw_names_its_number_and_its_seed() -> None:
    link = write_link("Dull.", ["one"], parse_options(None, "none", draw_demonstrations(4, seed=2)))
    assert link == "?text=Dull.&models=one&shots=4&seed=2"
    edited = write_link("Dull.", ["one"], parse_options(None, "none", EDITED))
    assert "&shots=4&demonstrations=%2B+A+%26+B" in edited


def test_models_of_a_link_that_are_not_here_are_named() -> None:
    assert render_unknown({"models": "two,one"}, NAMES) == ""
    assert render_unknown({"models": ""}, NAMES) == render_unknown({}, NAMES) == ""
    some = render_unknown({"models": "three,one,<b>,three"}, NAMES)
    assert "not available here: three, &lt;b&gt;." in some
    many = render_unknown({"models": ",".join(["x" * 5000, *map(str, range(9))])}, NAMES)
    assert f"not available here: {'x' * 80}, 0, 1 and 7 more." in many


def test_a_text_too_long_for_a_link_says_so() -> None:
    assert write_link("é" * MAX_LINK, NAMES, DEFAULT_OPTIONS) == ""
    assert "too long for a link" in render_link("")


def test_a_link_is_text_not_markup() -> None:
    link = write_link('"><img src=x>', NAMES, parse_options("zhao"))
    html = render_link(link)
    assert "<img" not in html
    assert "&amp;template=zhao" in html
    assert unescape(html).count(link) == 2
