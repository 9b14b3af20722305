"""Templates: the words around a text that make a pretrained network say what it thinks of it.

Pure data. In `text`, `{text}` is where the text goes; a template with `{mask}` is a cloze for
masked language models, one without is a prompt for causal language models, which go on after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from sentiment.errors import RecipeError

Method = Literal["prompt", "cloze"]
TEXT, MASK = "{text}", "{mask}"


@dataclass(frozen=True, kw_only=True)
class Template:
    """The words around a text, and the words that stand for each label."""

    name: str
    source: str
    text: str
    label_words: tuple[str, str]  # negative, positive; with the space that stands before them
    premise: str  # the template without a text: what PMI-DC measures the label words' bias on

    @property
    def method(self) -> Method:
        """`cloze` for masked language models, `prompt` for causal ones."""
        return "cloze" if MASK in self.text else "prompt"

    def around(self, mask: str = MASK) -> tuple[str, str]:
        """What stands in front of the text and behind it, the gap written as `mask`."""
        before, _, after = self.text.partition(TEXT)
        return before.replace(MASK, mask), after.replace(MASK, mask)

    def fill(self, text: str, mask: str = MASK) -> str:
        """The template with `text` in it, as it is, and the gap written as `mask`."""
        before, after = self.around(mask)
        return f"{before}{text}{after}"


TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in (
        Template(
            name="review",
            source="this project",
            text="{text} Overall, this movie is",
            label_words=(" terrible", " great"),
            premise="Overall, this movie is",
        ),
        Template(
            name="movie",
            source="this project",
            text="{text} This movie is",
            label_words=(" bad", " good"),
            premise="This movie is",
        ),
        Template(
            name="superlative",
            source="this project",
            text="{text} This is one of the",
            label_words=(" worst", " best"),
            premise="This is one of the",
        ),
        Template(
            name="harness",
            source="lm-evaluation-harness, task sst2",
            text="{text}\nQuestion: Is this sentence positive or negative?\nAnswer:",
            label_words=(" negative", " positive"),
            premise="Question: Is this sentence positive or negative?\nAnswer:",
        ),
        Template(
            name="zhao",
            source="Zhao et al. 2021, Calibrate Before Use",
            text="Review: {text}\nSentiment:",
            label_words=(" Negative", " Positive"),
            premise="Sentiment:",
        ),
        Template(
            name="holtzman",
            source="Holtzman et al. 2021, Surface Form Competition",
            text='"{text}" has a tone that is',
            label_words=(" negative", " positive"),
            premise="The quote has a tone that is",
        ),
        Template(
            name="lm-bff",
            source="Gao et al. 2021, Making Pre-trained Language Models Better Few-shot Learners",
            text="{text} It was {mask}.",
            label_words=(" terrible", " great"),
            premise="It was {mask}.",
        ),
    )
}

DEFAULT_TEMPLATES: dict[Method, str] = {"prompt": "review", "cloze": "lm-bff"}


def find_template(name: str, *, method: Method) -> Template:
    """The template called `name`, which must serve `method`.

    Raises:
        RecipeError: there is none, or it serves the other kind of language model.
    """
    fitting = [t.name for t in TEMPLATES.values() if t.method == method]
    if name not in fitting:
        near = get_close_matches(name, fitting, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        problem = f"is not a {method}" if name in TEMPLATES else "does not exist"
        raise RecipeError(
            f"The template {name!r} {problem}.{hint} Choose from: {', '.join(fitting)}."
        )
    return TEMPLATES[name]
