from __future__ import annotations

import pytest

from sentiment.errors import InputError
from sentiment.ui.render.prompt_templates import describe_template
from sentiment.ui.session.links import MODEL_DEFAULT, parse_prompt_options
from sentiment.ui.tabs.options import draw_lines, open_options
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.demonstrations import draw_demonstrations
from sentiment.zero_shot.templates import (
    CUSTOM,
    DEFAULT_OPTIONS,
    TEMPLATES,
    PromptOptions,
    parse_template,
)


def test_what_the_fields_hold_is_how_models_are_asked() -> None:
    default = parse_prompt_options(MODEL_DEFAULT, "none", *copy.OPTIONS_FIRST)
    assert parse_prompt_options() == default == DEFAULT_OPTIONS
    known = parse_prompt_options("zhao", "contextual", *copy.OPTIONS_FIRST)
    assert known == PromptOptions(template=TEMPLATES["zhao"], calibration="contextual")
    written = parse_prompt_options(CUSTOM, "pmi_dc", *copy.OPTIONS_FIRST)
    own = parse_template(*copy.OPTIONS_FIRST)
    assert written == PromptOptions(template=own, calibration="pmi_dc")


def test_a_written_template_counts_only_where_it_was_chosen() -> None:
    assert parse_prompt_options("movie", "none", "no place", "", "").template == TEMPLATES["movie"]
    with pytest.raises(InputError, match="exactly once"):
        parse_prompt_options(CUSTOM, "none", "no place", "bad", "good")


def test_demonstrations_are_drawn_until_they_are_edited() -> None:
    usual = [MODEL_DEFAULT, "none", *copy.OPTIONS_FIRST]
    drawn = draw_demonstrations(4, seed=3)
    lines = draw_lines("4", "3")
    for shown in (lines, f"  {lines}\n\n", "", None):
        assert parse_prompt_options(*usual, "4", "3", shown).demonstrations == drawn
    turned = "\n".join(reversed(lines.splitlines()))
    edited = parse_prompt_options(*usual, "4", "3", turned).demonstrations
    assert edited
    assert (edited.source, edited.examples) == ("edited", drawn.examples[::-1])
    assert parse_prompt_options(*usual, "0", "3", lines) == DEFAULT_OPTIONS
    assert draw_lines("0", "3") == draw_lines(None, None) == ""
    with pytest.raises(InputError, match="Demonstration 1 says no label"):
        parse_prompt_options(*usual, "2", "0", "a fine film")
    with pytest.raises(InputError, match="The number of shots must be a whole number, not 'two'"):
        parse_prompt_options(*usual, "two", "0", "")


def test_a_link_opens_its_demonstrations() -> None:
    assert [own.get("__type__") for own in open_options({})] == ["update"] * 9
    *_, shots, seed, lines = open_options({"shots": "2", "seed": "1"})
    assert (shots, seed, lines) == ("2", "1", draw_lines("2", "1"))
    *_, shots, seed, lines = open_options({"shots": "2", "demonstrations": "+ fine"})
    assert (shots, seed, lines) == ("2", "0", "+ fine")


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
def test_a_chosen_template_is_shown_as_it_is(template) -> None:
    shown = describe_template(template.name).replace("&quot;", '"')
    assert f">{template.text}</pre>" in shown
    negative, positive = (words.strip() for words in template.label_words)
    assert f"“{negative}” and “{positive}”" in shown
    assert template.source in shown


def test_without_a_template_it_is_said_where_the_prompt_stands() -> None:
    assert copy.OPTIONS_DEFAULT_NOTE in describe_template(MODEL_DEFAULT)
    assert describe_template(None) == describe_template(MODEL_DEFAULT)
