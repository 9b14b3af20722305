"""All copy of the lesson: its six steps, and what the teacher needs for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notes:
    """What a teacher does with a step."""

    minutes: int
    ask: str
    expect: str
    show: str
    question: str
    answer: str


@dataclass(frozen=True)
class StepText:
    """One idea: its short name, its heading, a few sentences and the notes."""

    name: str
    heading: str
    body: str
    live: str  # what to do on the page
    notes: Notes


STEPS = (
    StepText(
        name="It guesses",
        heading="A pretrained network guesses",
        body=(
            "These networks have read a great many texts, and no label that says praise or blame. "
            "Asked about a sentence, they can still say which of two words or sentences fits it "
            "better. That is a guess, and it is worth something where "
            "it beats the simplest rule of all: always give the same answer."
        ),
        live="Send the sentence above to each pretrained network.",
        notes=Notes(
            minutes=6,
            ask="Nobody told the network what is good or bad. How often will it be right?",
            expect="“Half of the time”, or “always: it has read the whole internet”.",
            show=(
                "Plain praise first, then the irony, then a sentence of the class. Then the bars: "
                "the dashed line is the rule that always gives the same answer."
            ),
            question="Why is “right about half” not always the mark to beat?",
            answer=(
                "Because one label can be more frequent. The mark is the share of the more "
                "frequent label, which is what the dashed line shows."
            ),
        ),
    ),
    StepText(
        name="Prompt it",
        heading="Prompt it",
        body=(
            "A language model goes on with a text. So the question is written as a text to go on "
            "with: a template around the sentence, and a word for each label. The label whose word "
            "is expected more wins. Other words give other answers, although no weight has changed."
        ),
        live="Choose a template and ask both language models with it.",
        notes=Notes(
            minutes=8,
            ask="Which words would you put around the sentence to hear what the network thinks?",
            expect="“Is this positive or negative?” Most expect that the wording does not matter.",
            show=(
                "One sentence, template after template; read the exact prompt aloud. Then the "
                "bars: whom does it help to move the line between − and +, whom does it cost?"
            ),
            question="With some template a network calls every text negative. Is it useless?",
            answer=(
                "Not if it still ranks them: the better the text, the higher the score. Then the "
                "line stands in the wrong place, and that can be moved without a single label."
            ),
        ),
    ),
    StepText(
        name="Train a head",
        heading="Freeze it and train a head",
        body=(
            "Now labels come in. The network is frozen: it reads as before, and none of its "
            "weights moves. Only one new part on top, the head, learns from labelled sentences "
            "which of the things the network notices speak for + and which for −."
        ),
        live="Send the same sentence to each network before and after.",
        notes=Notes(
            minutes=8,
            ask="What must change in the network before it can answer with + or −?",
            expect="“Everything”, or “only the last layer”. Take a vote.",
            show=(
                "The bar of frozen and trained weights first: how wide is the trained part? Then "
                "what it bought, with its interval."
            ),
            question="A head knows only what the frozen network noticed. What can it never learn?",
            answer=(
                "Anything the network passes over. If two sentences look the same to the frozen "
                "network, no head can tell them apart."
            ),
        ),
    ),
    StepText(
        name="LoRA",
        heading="LoRA: small matrices beside the frozen ones",
        body=(
            "The large matrices stay frozen. Beside them come two thin ones whose product is added "
            "to the large one. Only these and the head learn. So the network itself begins to read "
            "differently, for a few per cent of its weights or less."
        ),
        live="Send the same sentence along the whole way.",
        notes=Notes(
            minutes=8,
            ask="How could a matrix of a million numbers be changed with a few thousand?",
            expect="“Change only some of them.” Lead to: a long column times a flat row.",
            show=(
                "Draw the two thin matrices on the board. Then the way from zero-shot to LoRA on "
                "a sentence with a “but”, and the verdict under the bars."
            ),
            question="Why can the thin matrices simply be added to the large one afterwards?",
            answer=(
                "Their product has the size of the large matrix. Added once, the network is as "
                "fast as before; kept apart, one network serves many tasks."
            ),
        ),
    ),
    StepText(
        name="All weights",
        heading="All weights",
        body=(
            "The oldest way: every weight learns. None of the models that come with this page was "
            "trained so; at full size that wants a GPU. What is known without one: how many "
            "weights move and how much memory they ask for, and what others published."
        ),
        live="Choose a recipe and see what its training would move.",
        notes=Notes(
            minutes=6,
            ask="A trained weight needs room for more than itself. For what?",
            expect="“For the old value.” Lead to: its gradient, and what the optimizer remembers.",
            show=(
                "A recipe with all weights, then one of a much larger network with a head: which "
                "of the two needs more memory beyond the network itself?"
            ),
            question="Where does the rest of the memory go that a training needs?",
            answer=(
                "Into what every layer said of the texts of a batch, kept until its gradient is "
                "known. It grows with the batch and the length of the texts, not with the share "
                "that is trained alone."
            ),
        ),
    ),
    StepText(
        name="Cost and gain",
        heading="What it cost and what it bought",
        body=(
            "Every way so far on the same texts: what was trained, for how long, how fast it "
            "answers, how often it is right. A gain counts where its interval lies above zero. "
            "And counting words is the honest floor: it is no network at all."
        ),
        live="Choose the texts that the table is about.",
        notes=Notes(
            minutes=9,
            ask="Which of these would you use, and for what?",
            expect="“The one that is right most often.” Then ask about time, size and new tasks.",
            show=(
                "Both data sets: on which one is counting words harder to beat, and why? Close "
                "with the tab Examples: what the best one still gets wrong."
            ),
            question="Two models differ by one point. When is one of them better?",
            answer=(
                "When the interval of the difference on the same texts leaves out zero, and the "
                "p-value has been corrected for all the pairs one has looked at."
            ),
        ),
    ),
)

LEAD = (
    "A lesson on transfer learning in six steps, with the models of this page. Write a sentence, "
    "and take it along."
)
SENTENCE = "The sentence of this lesson"
SENTENCE_HINT = "Type a sentence, or pick one below"
ASK = "Ask the networks"
PREVIOUS, NEXT = "← Previous", "Next →"
PRINT = "Print the lesson"
TRY = "Try it"
FIGURES = "What was measured"
NOTES = "For the teacher: {minutes} minutes"
NOTES_PARTS = {
    "ask": "Ask the class",
    "expect": "They will say",
    "show": "Show",
    "question": "A question",
    "answer": "Its answer",
}
NOT_ASKED = "The answers will stand here."
TEMPLATE = "Template"
OWN_TEMPLATE = "each model's own"
RECIPE = "Recipe"
BOARD = "Measured on"
OPEN_TRAIN = "Train a model now"

NO_MODELS = "The models of this step are not on this machine."
NO_FIGURES = "There are no saved predictions for this step on this machine."
NO_MEASURE = "There are no saved predictions of {name} on this machine."

ACCURACY_CAPTION = "Right about how many of the {n:,} texts of {title}, in per cent"
FLOOR = "dashed line: always “{label}”, {floor:.1f} %"
BAR_SAID = "{who}: right about {accuracy:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"
ABOVE_FLOOR = "{names}: right more often than the dashed line, by more than the interval."
NOT_ABOVE_FLOOR = (
    "{names}: not above the dashed line by more than the interval, so it may be chance."
)
LEANING = (
    "As {model} answers, it calls {called:,} of the {n:,} texts positive; {gold:,} are. With the "
    "line moved without a label it is right about {lowest:.1f} to {highest:.1f} %."
)
PARTS_CAPTION = "Weights of {name}"
MEMORY_CAPTION = "Memory that the weights of {name} ask for while it is trained"
MEMORY_ROWS = ("all weights", "gradients", "AdamW's two means", "together")
MEMORY_FORMULA = (
    "Four bytes for each of the {total:,} weights; for each of the {trainable:,} trained ones four "
    "more for its gradient and eight for the two means that AdamW keeps. What a batch of texts "
    "needs comes on top."
)
NO_RECIPE = "There is no such recipe. Choose one above."
COUNTING = "Counting the weights of the recipes …"
PUBLISHED = "Published elsewhere about {title}, not measured here: {entries}."
PUBLISHED_ENTRY = "{method} {shown} ({note})"
ALL_COUNTED = "The recipes at full size, counted from their architectures"

BOARD_CAPTION = "{title}, n = {n:,}"
BOARD_HEADERS = ("Model", "Trained weights", "Training", "ms a text", "Accuracy", "Gain", "p")
NOTHING_TRAINED = "none"
BOARD_NOTE = (
    "Gain: points over the same network zero-shot, with the paired 95 % interval. p: exact "
    "McNemar, after Holm's correction for the {pairs} gains of this table. Milliseconds: the "
    "median for one short text, on {where}. Training: the seconds of the steps; a head on kept "
    "features reads every text once before, which is not in them."
)
BEST = (
    "On {title} training bought {backbone} most: {trainable:,} weights trained in {seconds} with "
    "{tuning}, and it is right about {after:.1f} % instead of {before:.1f} % ({gain} points, 95 % "
    "interval {low} to {high})."
)
AFTER = "after {start}"
HANDOUT_TITLE = "A lesson on transfer learning"
HANDOUT_INTRO = "{minutes} minutes in {steps} steps, with the figures of the models that it shows."
