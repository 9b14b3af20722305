from __future__ import annotations

import pytest

from sentiment.errors import InputError, RecipeError
from sentiment.zero_shot.templates import (
    DEFAULT_OPTIONS,
    DEFAULT_TEMPLATES,
    TEMPLATES,
    PromptOptions,
    find_template,
    parse_options,
    parse_template,
)

# As published, word for word: a changed space would change every score.
PUBLISHED = {
    "harness": "T\nQuestion: Is this sentence positive or negative?\nAnswer:",
    "zhao": "Review: T\nSentiment:",
    "holtzman": '"T" has a tone that is',
    "movie": "T This movie is",
    "review": "T Overall, this movie is",
    "lm-bff": "T It was {mask}.",
}


def test_the_templates_are_those_published() -> None:
    assert PUBLISHED.items() <= {n: template.fill("T") for n, template in TEMPLATES.items()}.items()


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
def test_a_template_has_one_place_for_the_text_and_words_for_both_labels(template) -> None:
    assert template.text.count("{text}") == 1
    assert "{text}".join(template.around()) == template.text
    assert all(words.startswith(" ") and words.strip() for words in template.label_words)
    assert "{text}" not in template.premise
    assert template.text.endswith(template.premise.split()[-1])


def test_a_text_is_put_in_as_it_is() -> None:
    text = "{text} {mask} {0}"
    assert find_template("zhao", kind="prompt").fill(text) == f"Review: {text}\nSentiment:"
    assert TEMPLATES["lm-bff"].fill(text, "[MASK]") == f"{text} It was [MASK]."


@pytest.mark.parametrize(("name", "kind"), [("zaho", "prompt"), ("lm-bff", "prompt")])
def test_a_template_that_does_not_serve_is_refused(name: str, kind) -> None:
    with pytest.raises(RecipeError, match=r"Choose from: review, movie, superlative, harness"):
        find_template(name, kind=kind)


def test_every_method_has_a_default() -> None:
    for kind, name in DEFAULT_TEMPLATES.items():
        assert find_template(name, kind=kind).kind == kind


def test_a_visitors_template_is_taken_as_it_is_written() -> None:
    own = parse_template(" Review: {text}\r\nIn short, it was ", "dull", " great")
    assert own.text == "Review: {text}\nIn short, it was"
    assert own.label_words == (" dull", " great")
    assert own.premise == "Review: \nIn short, it was"
    assert own.kind == "prompt"


@pytest.mark.parametrize(
    ("text", "is_first"), [("{text} It was {mask}.", False), ("A {mask} film: {text}", True)]
)
def test_a_visitors_cloze_keeps_its_gap_in_the_premise(text: str, is_first: bool) -> None:
    own = parse_template(text, "dull", "great")
    assert (own.kind, own.mask_first) == ("cloze", is_first)
    assert "{mask}" in own.premise


@pytest.mark.parametrize(
    ("text", "negative", "positive", "message"),
    [
        ("", "bad", "good", "Write a template first"),
        (None, "bad", "good", "Write a template first"),
        ("It was", "bad", "good", r"\{text\} exactly once, .*; this one 0 times"),
        ("{text} {text} is", "bad", "good", r"\{text\} exactly once, .*; this one 2 times"),
        ("{text} {mask} {mask}", "bad", "good", r"holds \{mask\} once at most"),
        (" {text} ", "bad", "good", r"Write some words around \{text\}"),
        ("{text}" + "x" * 495, "bad", "good", "has 501 characters; the limit is 500"),
        ("{text} is", " ", "good", "Give the label words for negative"),
        ("{text} is", "bad", None, "Give the label words for positive"),
        ("{text} is", "good ", " good", "Both labels have the label words 'good'"),
        ("{text} is", "x" * 41, "good", "for negative have 41 characters; the limit is 40"),
    ],
)
def test_a_template_that_cannot_be_used_is_one_sentence(
    text: object, negative: object, positive: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        parse_template(text, negative, positive)


def test_what_tokenizers_cannot_read_is_taken_out_of_a_template() -> None:
    own = parse_template("{text}\0 is \ud800", "b\0ad", "good\n good")
    assert (own.text, own.label_words) == ("{text} is ?", (" bad", " good good"))


def test_nothing_chosen_is_every_models_own_way() -> None:
    assert parse_options() == parse_options(None, "none") == DEFAULT_OPTIONS == PromptOptions()
    assert parse_options("zhao", "pmi_dc") == PromptOptions(
        template=TEMPLATES["zhao"], calibration="pmi_dc"
    )


@pytest.mark.parametrize(
    ("template", "calibration", "message"),
    [
        ("zaho", "none", "Unknown template 'zaho'. Choose from: review, movie"),
        ("own", "none", "Unknown template 'own'."),
        (["zhao"], "none", "Unknown template"),
        ("x" * 500, "none", "Unknown template 'x{80}'"),
        (None, "magic", "Unknown calibration 'magic'. Choose from: none, contextual, pmi_dc"),
        (None, None, "Unknown calibration 'None'"),
    ],
)
def test_an_unknown_way_of_asking_is_one_sentence(
    template: object, calibration: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        parse_options(template, calibration)
