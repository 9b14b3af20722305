from __future__ import annotations

import pytest

from sentiment.errors import RecipeError
from sentiment.templates import DEFAULT_TEMPLATES, TEMPLATES, find_template

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
    assert find_template("zhao", method="prompt").fill(text) == f"Review: {text}\nSentiment:"
    assert TEMPLATES["lm-bff"].fill(text, "[MASK]") == f"{text} It was [MASK]."


@pytest.mark.parametrize(("name", "method"), [("zaho", "prompt"), ("lm-bff", "prompt")])
def test_a_template_that_does_not_serve_is_refused(name: str, method) -> None:
    with pytest.raises(RecipeError, match=r"Choose from: review, movie, superlative, harness"):
        find_template(name, method=method)


def test_every_method_has_a_default() -> None:
    for method, name in DEFAULT_TEMPLATES.items():
        assert find_template(name, method=method).method == method
