"""Interface text of the lesson: its six steps with notes for the teacher."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notes:
    """Notes for the teacher on a step."""

    minutes: int
    ask: str
    expect: str
    show: str
    question: str
    answer: str


@dataclass(frozen=True)
class StepText:
    """Step: short name, heading, body and notes."""

    name: str
    heading: str
    body: str
    live: str  # what to do on the page
    guess: str  # what to guess before the next row of the chart is revealed
    notes: Notes


STEPS = (
    StepText(
        name="Zero-shot",
        heading="A pretrained model can already guess",
        body=(
            "These models have seen no sentiment label. They score which of two words or sentences "
            "fits a text better. That is worth something if it beats the majority class: always "
            "predicting the more frequent label."
        ),
        live="Classify this sentence with each pretrained model, zero-shot.",
        guess="What is the accuracy without a single label?",
        notes=Notes(
            minutes=6,
            ask="The model has never seen a label. How accurate will it be?",
            expect="“Half of them correct”, or “all: it has read the whole internet”.",
            show=(
                "Plain praise first, then the irony, then a sentence of the class. Then the bars: "
                "the dashed line is the accuracy of the majority class."
            ),
            question="Why is one half not always the accuracy to beat?",
            answer=(
                "Because one label can be more frequent. The baseline is the share of the more "
                "frequent label, which is what the dashed line shows."
            ),
        ),
    ),
    StepText(
        name="Prompt",
        heading="The prompt decides, and it has a bias",
        body=(
            "A causal language model continues a prompt template; the more probable label word "
            "wins. Other words, other predictions. Calibration estimates the bias without labels "
            "and shifts the decision threshold."
        ),
        live="Choose a prompt template for the language models.",
        guess="How accurate is a prompted language model? And with its threshold calibrated?",
        notes=Notes(
            minutes=8,
            ask="Which words would you put around the sentence to get a label from the model?",
            expect="“Is this positive or negative?” Most expect that the wording does not matter.",
            show=(
                "One sentence, template after template; read the exact prompt aloud. Then the "
                "bars: for which model does a shifted decision threshold help, for which not?"
            ),
            question="With some template a model predicts negative for every text. Is it useless?",
            answer=(
                "Not if it still ranks them: the more positive the text, the higher the score. "
                "Then the decision threshold is in the wrong place, and calibration can shift it "
                "without a single label."
            ),
        ),
    ),
    StepText(
        name="Head",
        heading="A trained head reads a frozen backbone",
        body=(
            "Now labels come in. No parameter of the backbone changes. Only a new classification "
            "head is trained: it learns which features of the backbone predict which label."
        ),
        live="Classify the same sentence zero-shot and with a trained head.",
        guess="What does a head on frozen features gain?",
        notes=Notes(
            minutes=8,
            ask="What must change in the model before it can predict a label?",
            expect="“Everything”, or “only the last layer”. Take a vote.",
            show=(
                "The bar of frozen and trainable parameters first: how wide is the trainable part? "
                "Then the gain in accuracy, with its confidence interval."
            ),
            question="The head sees only the features of the backbone. What can it never learn?",
            answer=(
                "Anything that the features do not contain. If two sentences have the same "
                "features, no head can tell them apart."
            ),
        ),
    ),
    StepText(
        name="LoRA",
        heading="LoRA changes the features, too",
        body=(
            "The large weight matrices stay frozen. Beside them come two thin ones whose product "
            "is added. Only these and the head are trained: a few per cent of the parameters."
        ),
        live="Classify the same sentence zero-shot, with a head, and with LoRA.",
        guess="What do low-rank adapters add to the head?",
        notes=Notes(
            minutes=8,
            ask="How could a matrix of a million numbers be changed with a few thousand?",
            expect="“Change only some of them.” Lead to: a long column times a flat row.",
            show=(
                "Draw the two thin matrices on the board. Then all predictions from zero-shot to "
                "LoRA on a sentence with a “but”, and the paired comparison under the bars."
            ),
            question="Why can the thin matrices simply be added to the large one afterwards?",
            answer=(
                "Their product has the size of the large matrix. Merged, the model is as fast as "
                "before; kept apart, one backbone serves many tasks."
            ),
        ),
    ),
    StepText(
        name="Full fine-tuning",
        heading="Full fine-tuning trains every parameter",
        body=(
            "None of the models bundled with this app was fine-tuned in full. What is known "
            "without training: how many parameters are trainable, how much memory they need, and "
            "published accuracies."
        ),
        live="Choose a recipe at full size.",
        guess="",
        notes=Notes(
            minutes=6,
            ask="A trainable parameter needs memory for more than itself. For what?",
            expect="“For the old value.” Lead to: its gradient, and the state of the optimizer.",
            show=(
                "A recipe with full fine-tuning, then one with a much larger backbone and a head: "
                "which of the two needs more memory beyond the model itself?"
            ),
            question="What else needs memory during training?",
            answer=(
                "The activations of every layer for the texts of a batch, kept until the backward "
                "pass. They grow with the batch and the length of the texts, not only with the "
                "share of trainable parameters."
            ),
        ),
    ),
    StepText(
        name="Cost and gain",
        heading="Every point of accuracy has a price",
        body=(
            "TF-IDF + logistic regression is the baseline to beat: it uses no pretrained model. A "
            "gain counts if its confidence interval lies above zero."
        ),
        live="Choose the data set of the table.",
        guess="How good is a model without a backbone? And one trained on more labels?",
        notes=Notes(
            minutes=9,
            ask="Which of these would you use, and for what?",
            expect="“The most accurate one.” Then ask about time, size and new tasks.",
            show=(
                "Both data sets: on which one is TF-IDF + logistic regression harder to beat, and "
                "why? Close with the tab Examples: the errors of the best model."
            ),
            question="Two models differ by one point. When is one of them better?",
            answer=(
                "When the confidence interval of the paired difference excludes zero, and the "
                "p-value stays small after the correction for all pairs that were compared."
            ),
        ),
    ),
)

LEAD = "A lesson on transfer learning in six steps: guess, reveal, and try each on a sentence."
START = "Start the slides"
PLACE = "Step {step} of {steps} · {name}"
FOOT = {
    "back": "Back",
    "next": "Next",
    "notes": "notes",
    "print": "print",
    "exit": "exit",
}
# Row 35 of the challenge set, written for this project: positive, with two negations. It is one of
# the 15 of its 312 texts on which the zero-shot models of the first step disagree while MiniLM is
# wrong zero-shot and with a head, and right with LoRA: a short one on which the trained models
# disagree, too. A test compares this with the saved predictions.
HARD_SENTENCE = "In eleven years I have never left this restaurant unhappy."
HARD_TITLE = "Two negations"
SENTENCE = "The sentence of this lesson"
SENTENCE_HINT = "Type a sentence, or pick one below"
ASK = "Classify"
FIGURES = "Results of every backbone"
NOTES = "For the teacher: {minutes} minutes"
NOTES_PARTS = {
    "ask": "Ask the class",
    "expect": "They will say",
    "show": "Show",
    "question": "Question",
    "answer": "Answer",
}
NOT_ASKED = "The predictions appear here."
TEMPLATE = "Prompt template"
OWN_TEMPLATE = "default of each model"
RECIPE = "Recipe"
BOARD = "Evaluated on"
OPEN_TRAIN = "Train a model now"

NO_MODELS = "The models of this step are not on this machine."
NO_FIGURES = "There are no saved predictions for this step on this machine."
NO_MEASURE = "There are no saved predictions of {name} on this machine."

ACCURACY_CAPTION = "Accuracy on {title}, in per cent, with 95 % CI (n = {n:,})"
FLOOR = "dashed line: majority class, always “{label}”, {floor:.1f} %"
BAR_SAID = "{who}: accuracy {accuracy:.1f} %, 95 % CI {low:.1f} to {high:.1f} %"
ABOVE_FLOOR = "Above the majority class (the 95 % CI excludes it): {names}."
NOT_ABOVE_FLOOR = "Not distinguishable from the majority class, or below it: {names}."
LEANING = (
    "At the default threshold, {model} predicts positive for {called:,} of the {n:,} texts; "
    "{gold:,} are positive. With a threshold calibrated without labels, its accuracy is "
    "{lowest:.1f} to {highest:.1f} %."
)
RANKING = (
    "{model} ranks the texts (AUROC {auroc:.3f}) better than it labels them: its accuracy is "
    "{raw:.1f} % at the default threshold, and {calibrated:.1f} % at the mean of its own log-odds, "
    "which needs no label."
)
PARTS_CAPTION = "Parameters of {name}"
MEMORY_CAPTION = "Memory for the parameters of {name} during training"
MEMORY_ROWS = ("parameters", "gradients", "AdamW moments", "total")
MEMORY_FORMULA = (
    "Four bytes for each of the {total:,} parameters; for each of the {trainable:,} trainable ones "
    "four more for its gradient and eight for the two moments of AdamW. The activations of a "
    "batch come on top."
)
NO_RECIPE = "There is no such recipe. Choose one above."
COUNTING = "Counting the parameters of the recipes …"
PUBLISHED = "Accuracies on {title} published elsewhere, not measured here: {entries}."
PUBLISHED_ENTRY = "{method} {shown} ({note})"
ALL_COUNTED = "Parameters and memory of the full-size recipes, from their architectures"

BOARD_CAPTION = "{title}, n = {n:,}"
BOARD_HEADERS = (
    "Model",
    "Trainable parameters",
    "Training time",
    "ms per text",
    "Accuracy, %",
    "Gain",
    "p",
)
NOTHING_TRAINED = "none"
BOARD_NOTE = (
    "Accuracy with 95 % CI. Gain: percentage points over the same backbone zero-shot, with paired "
    "95 % CI. p: exact McNemar, after Holm's correction for the {pairs} gains of this table. ms "
    "per text: median for one short text, on {where}. Training time: that of the steps; a head "
    "on cached features encodes every text once before, which is not included."
)
BEST = (
    "Largest gain on {title}: {backbone}, {tuning}, {trainable:,} parameters trained in {seconds}. "
    "Accuracy {after:.1f} % instead of {before:.1f} % ({gain} points, 95 % CI [{low}, {high}])."
)
BELOW_BASELINE = (
    "Significantly below the baseline TF-IDF + logistic regression ({accuracy:.1f} %): {names}."
)
TIED_WITH_BASELINE = "Not distinguishable from TF-IDF + logistic regression: {names}."
AFTER = "after {start}"
HANDOUT_TITLE = "A lesson on transfer learning"
HANDOUT_INTRO = "{minutes} minutes in {steps} steps, with the figures of the models that it shows."

READING = "Reading the saved results …"
CHART_CAPTION = "Accuracy on {title} in per cent, with 95 % CI, n = {n:,}. Backbone: {backbone}"
CHART_MAJORITY = "Majority class"
CHART_ALWAYS = "always “{label}”"
CHART_NOTHING = "no parameter trained"
CHART_TUNED = {"head": "Head", "lora": "LoRA", "full": "Full fine-tuning"}
CHART_SHARE = "{share} % of the parameters"
CHART_FIRST_IMDB = "trained on IMDb first"
CHART_REGRESSION = "logistic regression"
CHART_HIDDEN = "{who}: not revealed yet"
GUESS_SAID = "; your guess {guess} %"
YOUR_GUESS = "your guess"
GUESS_LABEL = "Your guess in per cent: {name}"
REVEAL = "Reveal"
REVEALED = "Revealed"
MEASURED = "{name}: {accuracy:.1f} %, 95 % CI [{low:.1f}, {high:.1f}], {right:,} of {n:,} correct."
GUESSED_HIGH = "Your guess of {guess} % is {distance:.1f} points too high."
GUESSED_LOW = "Your guess of {guess} % is {distance:.1f} points too low."
GUESSED_WELL = "Your guess of {guess} % lies within the interval."
