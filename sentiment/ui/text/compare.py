"""Interface text of the Compare tab."""

from sentiment.labels import LABELS

TEXT_LABEL = "Text to compare"
TEXT_PLACEHOLDER = "Type a sentence or paste a review"
COMPARE = "Compare"
LABEL_TITLE = "Your label:"
LABEL_CHOICES = (("none", ""), (f"− {LABELS[0]}", LABELS[0]), (f"+ {LABELS[1]}", LABELS[1]))

PREDICTIONS = "Predictions"
THRESHOLD = "decision threshold"
KINDS = {
    "zero-shot": "zero-shot",
    "few-shot": "few-shot",
    "fine-tuned": "fine-tuned",
    "baseline": "baseline",
}
SHOTS = "{count}-shot"
TUNED_WITH = {
    "full": "full fine-tuning",
    "partial": "top layers",
    "lora": "LoRA",
    "head": "head",
}
WAITING = "predicting …"
LOADING = "loading …"
CORRECT_ONE, WRONG_ONE = "correct", "wrong"
NO_MODELS = "There is no model to show. Train one with python -m sentiment train."
NONE_CHECKED = "No model is checked. Check at least one under Options."

PROBABILITIES = "Probabilities"
NEUTRAL = "P(neutral), not part of the two above"
METHOD = "Method"
TOKENS = "Tokens"
READ = "read {read:,} of {total:,} tokens"
TRUNCATED = "Only {read:,} of {total:,} tokens were read: the middle was truncated."
PARAMETERS = "Parameters"
TRAINABLE = "{trainable:,} of {total:,} trainable"
TIME = "Time"
MEDIAN = "{ms:.1f} ms per text, median over the challenge set"
PROMPT = "Exact prompt"

AND, DOT = " and ", "."
CHANGED = "Fine-tuning changed"
TO = "to {label}"
ALL_AGREE = "All models predict {label}."
NO_CHANGE = "Fine-tuning changes no prediction here."
BY_LABEL = "Given the label,"
CORRECT = "{right} of {count} {kind} models are correct"
NOT_COUNTED = "Not counted yet: {names}."
UNDECIDED = (
    "{count} of {of} fine-tuned models are undecided (probability near 0.5). Every text is "
    "classified as negative or positive; neutral and mixed texts have no label of their own."
)
NOT_ENGLISH = "The bundled models were trained on English reviews; this text does not look English."

INTRO = (
    "Type a text: each pretrained model classifies it zero-shot (prompted, not trained) and "
    "fine-tuned on labelled reviews."
)

OPTIONS = "Options"
MODELS_LABEL = "Models"
SHARE_PICTURE = "Save as an image"
