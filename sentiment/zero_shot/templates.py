"""Prompt templates for zero-shot classification, and their label words.

In `Template.text`, `{text}` is the placeholder of the text. A template with `{mask}` is a cloze for
masked language models; one with `{label}` is a hypothesis for models of textual entailment; a chat
holds a message of each role for the chat template of a tokenizer; any other is a prompt that causal
language models continue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from sentiment.errors import InputError, RecipeError
from sentiment.labels import LABELS
from sentiment.limits import MAX_LABEL_WORDS, MAX_TEMPLATE, clean
from sentiment.method import CALIBRATIONS, Calibration
from sentiment.zero_shot.demonstrations import Demonstrations

TemplateKind = Literal["prompt", "cloze", "entailment", "chat"]
TEXT, MASK, LABEL = "{text}", "{mask}", "{label}"
CUSTOM = "own"  # the name of a custom template


@dataclass(frozen=True, kw_only=True)
class Template:
    """A prompt template and its label words."""

    name: str
    source: str
    text: str
    label_words: tuple[str, str]  # negative, positive; with a leading space
    premise: str  # the template without a text, for PMI-DC calibration
    is_chat: bool = False  # a line of `text` that begins with `user: ` is the message of that role

    @property
    def kind(self) -> TemplateKind:
        """Return `entailment`, `cloze` for masked models, `chat` or `prompt` for causal ones."""
        if self.is_chat:
            return "chat"
        if LABEL in self.text:
            return "entailment"
        return "cloze" if MASK in self.text else "prompt"

    @property
    def mask_first(self) -> bool:
        """Return whether the mask of a cloze precedes the text."""
        return MASK in self.text.partition(TEXT)[0]

    def serves(self, method: str) -> bool:
        """Return whether models of the zero-shot method `method` may use the template."""
        return method == ("prompt" if self.kind == "chat" else self.kind)

    def around(self, mask: str = MASK) -> tuple[str, str]:
        """Return the words before and after the text, with `mask` as the mask token."""
        before, _, after = self.text.partition(TEXT)
        return before.replace(MASK, mask), after.replace(MASK, mask)

    def fill(self, text: str, mask: str = MASK) -> str:
        """Fill the template with `text`, unchanged, and `mask` as the mask token."""
        before, after = self.around(mask)
        return f"{before}{text}{after}"


@dataclass(frozen=True, kw_only=True)
class PromptOptions:
    """Settings of prompting: template, calibration and demonstrations."""

    template: Template | None = None  # None: the default of each model
    calibration: Calibration = "none"
    demonstrations: Demonstrations | None = None  # None: zero-shot


DEFAULT_OPTIONS = PromptOptions()  # every model with its default template

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
        Template(
            name="hypothesis",
            source="this project",
            text="{text} ⇒ The sentiment of this text is {label}.",
            label_words=(" negative", " positive"),
            premise="The sentiment of this text is {label}.",
        ),
        Template(
            name="example",
            source="transformers, zero-shot pipeline",
            text="{text} ⇒ This example is {label}.",
            label_words=(" negative", " positive"),
            premise="This example is {label}.",
        ),
        Template(
            name="opinion",
            source="this project",
            text="{text} ⇒ The author thinks that it is {label}.",
            label_words=(" bad", " good"),
            premise="The author thinks that it is {label}.",
        ),
        Template(
            name="chat",
            source="this project",
            text=(
                "system: You judge the sentiment of texts.\n"
                "user: Text: {text}\nQuestion: Is its sentiment negative or positive?\n"
                "assistant: The sentiment is"
            ),
            label_words=(" negative", " positive"),
            premise=(
                "system: You judge the sentiment of texts.\n"
                "user: Question: Is its sentiment negative or positive?\n"
                "assistant: The sentiment is"
            ),
            is_chat=True,
        ),
    )
}

DEFAULT_TEMPLATES: dict[TemplateKind, str] = {
    "prompt": "review",
    "cloze": "lm-bff",
    "entailment": "hypothesis",
}


def find_template(name: str, *, kind: TemplateKind) -> Template:
    """Find the template `name` for models of the zero-shot method `kind`.

    Raises:
        RecipeError: there is none, or it is for another kind of model.
    """
    fitting = [t.name for t in TEMPLATES.values() if t.serves(kind)]
    if name not in fitting:
        near = get_close_matches(name, fitting, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        problem = f"is not a {kind}" if name in TEMPLATES else "does not exist"
        raise RecipeError(
            f"The template {name!r} {problem}.{hint} Choose from: {', '.join(fitting)}."
        )
    return TEMPLATES[name]


def parse_template(text: object, negative: object, positive: object) -> Template:
    """Parse a custom template and its label words.

    Label words get a leading space, because they are tokenized so in running text.

    Raises:
        InputError: it does not hold `{text}` exactly once, or the label words cannot be used.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("Write a template first, with {text} where the text goes.")
    cleaned = clean(text.replace("\r\n", "\n"))
    if len(cleaned) > MAX_TEMPLATE:
        raise InputError(
            f"The template has {len(cleaned):,} characters; the limit is {MAX_TEMPLATE}."
        )
    count = cleaned.count(TEXT)
    if count != 1:
        raise InputError(
            f"A template holds {{text}} exactly once, where the text goes; this one {count} times."
        )
    if cleaned.count(MASK) > 1:
        raise InputError("A template holds {mask} once at most, where the label words go.")
    if cleaned.count(LABEL) > 1 or (LABEL in cleaned and MASK in cleaned):
        raise InputError("A template holds {label} once at most, and not together with {mask}.")
    premise = cleaned.replace(TEXT, "").strip(" \n⇒")
    if not premise:
        raise InputError("Write some words around {text}, such as: {text} In short, it was")
    words = [
        _check_label_words(given, label)
        for given, label in zip((negative, positive), LABELS, strict=True)
    ]
    if words[0] == words[1]:
        raise InputError(
            f"Both labels have the label words {words[0].strip()!r}; give them different ones."
        )
    return Template(
        name=CUSTOM,
        source="a visitor",
        text=cleaned,
        label_words=(words[0], words[1]),
        premise=premise,
    )


def _check_label_words(given: object, label: str) -> str:
    words = " ".join(clean(given).split()) if isinstance(given, str) else ""
    if not words:
        raise InputError(f"Give the label words for {label}.")
    if len(words) > MAX_LABEL_WORDS:
        raise InputError(
            f"The label words for {label} have {len(words)} characters; the limit is "
            f"{MAX_LABEL_WORDS}."
        )
    return f" {words}"


def parse_options(
    template: object = None,
    calibration: object = "none",
    demonstrations: Demonstrations | None = None,
) -> PromptOptions:
    """Parse the settings of prompting.

    Args:
        template: a template, a name in `TEMPLATES`, or None for the default of each model.
        calibration: one of `CALIBRATIONS`.
        demonstrations: labelled texts before the text, or None for zero-shot.

    Raises:
        InputError: the template or the calibration is unknown.
    """
    chosen = next((known for known in CALIBRATIONS if known == calibration), None)
    if chosen is None:
        known = ", ".join(CALIBRATIONS)
        raise InputError(f"Unknown calibration {_shorten(calibration)}. Choose from: {known}.")
    own = PromptOptions(calibration=chosen, demonstrations=demonstrations)
    if template is None or isinstance(template, Template):
        return replace(own, template=template)
    if not isinstance(template, str) or template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise InputError(f"Unknown template {_shorten(template)}. Choose from: {known}.")
    return replace(own, template=TEMPLATES[template])


def _shorten(given: object) -> str:
    return repr(str(given)[:80])
