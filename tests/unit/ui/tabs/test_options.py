from __future__ import annotations

import pytest

from sentiment.errors import InputError
from sentiment.ui.render.prompt_templates import describe_template
from sentiment.ui.session.links import MODEL_DEFAULT, parse_prompt_options
from sentiment.ui.text import shared as copy
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
