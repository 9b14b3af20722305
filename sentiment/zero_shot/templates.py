"""Templates: the words around a text that make a pretrained network say what it thinks of it.

Pure data. In `text`, `{text}` is where the text goes; a template with `{mask}` is a cloze for
masked language models, one without is a prompt for causal language models, which go on after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from sentiment.errors import InputError, RecipeError
from sentiment.labels import LABELS
from sentiment.limits import MAX_LABEL_WORDS, MAX_TEMPLATE, clean
from sentiment.method import CALIBRATIONS, Calibration

TemplateKind = Literal["prompt", "cloze"]
TEXT, MASK = "{text}", "{mask}"
CUSTOM = "own"  # the name of a template that a visitor wrote


@dataclass(frozen=True, kw_only=True)
class Template:
    """The words around a text, and the words that stand for each label."""

    name: str
    source: str
    text: str
    label_words: tuple[str, str]  # negative, positive; with the space that stands before them
    premise: str  # the template without a text: what PMI-DC measures the label words' bias on

    @property
    def kind(self) -> TemplateKind:
        """Return `cloze` for masked language models, `prompt` for causal ones."""
        return "cloze" if MASK in self.text else "prompt"

    @property
    def mask_first(self) -> bool:
        """Return whether the mask of a cloze stands in front of the text."""
        return MASK in self.text.partition(TEXT)[0]

    def around(self, mask: str = MASK) -> tuple[str, str]:
        """Return the words in front of the text and behind it, with `mask` as the mask token."""
        before, _, after = self.text.partition(TEXT)
        return before.replace(MASK, mask), after.replace(MASK, mask)

    def fill(self, text: str, mask: str = MASK) -> str:
        """Fill the template with `text`, unchanged, and `mask` as the mask token."""
        before, after = self.around(mask)
        return f"{before}{text}{after}"


@dataclass(frozen=True, kw_only=True)
class PromptOptions:
    """Zero-shot settings: prompt template and calibration."""

    template: Template | None = None  # None: each model's own
    calibration: Calibration = "none"


DEFAULT_OPTIONS = PromptOptions()  # every model with its own template

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

DEFAULT_TEMPLATES: dict[TemplateKind, str] = {"prompt": "review", "cloze": "lm-bff"}


def find_template(name: str, *, kind: TemplateKind) -> Template:
    """Find the template called `name`, which must be a `kind`.

    Raises:
        RecipeError: there is none, or it serves the other kind of language model.
    """
    fitting = [t.name for t in TEMPLATES.values() if t.kind == kind]
    if name not in fitting:
        near = get_close_matches(name, fitting, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        problem = f"is not a {kind}" if name in TEMPLATES else "does not exist"
        raise RecipeError(
            f"The template {name!r} {problem}.{hint} Choose from: {', '.join(fitting)}."
        )
    return TEMPLATES[name]


def parse_template(text: object, negative: object, positive: object) -> Template:
    """Parse a visitor's template: the words around `{text}`, and the label words.

    A space is put in front of the label words, as the network has read them in running text.

    Raises:
        InputError: it has no place for the text or several, or words that cannot be used.
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
    premise = cleaned.replace(TEXT, "").strip()
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


def parse_options(template: object = None, calibration: object = "none") -> PromptOptions:
    """Parse the zero-shot settings.

    Args:
        template: a template, the name of one in `TEMPLATES`, or nothing for each model's own.
        calibration: one of `CALIBRATIONS`.

    Raises:
        InputError: one of the two is unknown.
    """
    moved = next((known for known in CALIBRATIONS if known == calibration), None)
    if moved is None:
        known = ", ".join(CALIBRATIONS)
        raise InputError(f"Unknown calibration {_short(calibration)}. Choose from: {known}.")
    if template is None or isinstance(template, Template):
        return PromptOptions(template=template, calibration=moved)
    if not isinstance(template, str) or template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise InputError(f"Unknown template {_short(template)}. Choose from: {known}.")
    return PromptOptions(template=TEMPLATES[template], calibration=moved)


def _short(given: object) -> str:
    return repr(str(given)[:80])
