"""Copy of the Compare tab."""

from sentiment.labels import LABELS

TEXT_LABEL = "Text to compare"
TEXT_PLACEHOLDER = "Type a sentence or paste a review"
COMPARE = "Compare"
LABEL_TITLE = "Your label:"
LABEL_CHOICES = (("none", ""), (f"− {LABELS[0]}", LABELS[0]), (f"+ {LABELS[1]}", LABELS[1]))

PREDICTIONS = "Predictions"
THRESHOLD = "decision threshold"
KINDS = {"zero-shot": "zero-shot", "fine-tuned": "fine-tuned", "baseline": "baseline"}
TUNED_WITH = {
    "full": "full fine-tuning",
    "partial": "top layers",
    "lora": "LoRA",
    "head": "head",
}
WAITING = "predicting …"
CORRECT_ONE, WRONG_ONE = "correct", "wrong"
NO_MODELS = "There is no model to show. Train one with python -m sentiment train."
NONE_CHECKED = "No model is checked. Check at least one under Options."

PROBABILITIES = "Probabilities"
NEUTRAL = "Neutral, beside both"
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
TURNED = "Fine-tuning turned"
TO = "to {label}"
ALL_AGREE = "All models predict {label}."
NOTHING_TURNED = "Fine-tuning changes no label here."
BY_LABEL = "By the label"
CORRECT = "{right} of {count} {kind} models are correct"
UNDECIDED = (
    "Most fine-tuned models are undecided. They know two labels only, so a neutral text gets one "
    "of them anyway."
)
NOT_ENGLISH = "All models were trained on English reviews; this text does not look English."

OPTIONS = "Options"
MODELS_LABEL = "Models"
SHARE_PICTURE = "Save as a picture"
