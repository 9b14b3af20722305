"""All copy of the app."""

TITLE = "Sentiment, side by side"
DESCRIPTION = (
    "Type a text, and each pretrained model classifies it twice: zero-shot, and after fine-tuning "
    "on labelled reviews. All models are evaluated on the same labelled texts."
)
CARD_ALT = "One sentence and the predictions of three models, zero-shot and fine-tuned."
PRESENT = "Present"
SCHEME = "Light or dark"
NEEDS_SCRIPT = "This page needs JavaScript."

TAB_COMPARE = "Compare"
TAB_SCORES = "Scores"
TAB_LESSON = "Lesson"


OPTIONS_TEMPLATE = "Prompt template"
OPTIONS_EACH_OWN = "default of each model"
OPTIONS_EACH_OWN_NOTE = (
    "Each model uses the template that its model card names. The exact prompt is below its "
    "prediction."
)
OPTIONS_OWN = "custom …"
OPTIONS_OWN_NOTE = (
    "{text} is where the text goes. Without {mask}, causal language models score the label words "
    "after the template; with {mask}, masked language models score them in its place. The label "
    "whose words are more likely wins."
)
OPTIONS_OWN_TEXT = "Custom template"
OPTIONS_NEGATIVE = "Label words for negative"
OPTIONS_POSITIVE = "Label words for positive"
OPTIONS_FIRST = ("{text} In short, it was", "bad", "good")
OPTIONS_TEMPLATE_NOTE = "Label words: “{negative}” and “{positive}”. {serves} Source: {source}."
OPTIONS_SERVES = {
    "prompt": "For causal language models.",
    "cloze": "For masked language models.",
    "entailment": "For models of textual entailment.",
}
OPTIONS_CALIBRATION = "Decision threshold"
OPTIONS_CALIBRATION_NOTE = (
    "Calibration shifts the threshold by the bias that a model shows without a text. It needs no "
    "labels and keeps the ranking of the texts. Fine-tuned models keep their threshold."
)
LINK_COPY = "Copy the link to this view"
LINK_COPIED = "Copied"
LINK_SELECTED = "Selected: press Ctrl-C"
LINK_LEAVES_OUT = "The link leaves out models that were added in this visit."
LINK_UNKNOWN = "The link also names models that are not available here: {names}."
LINK_MORE = " and {count} more"
LINK_TOO_LONG = "The text is too long for a link to this view."

ZERO_SHOT = "Zero-shot"
FINE_TUNED = "Fine-tuned"
BASELINE = "Baseline"
FLIPPED = "prediction changed"
WAITING = "predicting …"
PROMPT = "exact prompt"
STOP = "Stop"
IDLE = "No run in progress."
STOPPING = "Stopping …"
QUEUED = "Waiting in the queue …"

# Written for this project. Each shows something else: (name of the chip, text, label or "").
EXAMPLES = (
    ("Plain praise", "A warm, funny film with a wonderful cast; I left smiling.", "positive"),
    ("Negation", "Not once in two hours did I care what happened next.", "negative"),
    (
        "Contrast",
        "The story is a muddle, but the songs are so good that I forgave it everything.",
        "positive",
    ),
    (
        "Irony",
        "Oh great, another sequel nobody asked for. Just what this summer needed.",
        "negative",
    ),
    ("Neutral", "The film runs for ninety minutes and is set in a small town by the sea.", ""),
    (
        "Late turn",
        "I expected to hate it, and for an hour I did: the jokes fell flat, the hero annoyed me "
        "and the music never stopped. Then the last act arrived, and it won me over completely.",
        "positive",
    ),
)

MAJORITY = "majority class"
FROZEN, TRAINED = "frozen", "trainable"
WEIGHTS_SAID = "{frozen:,} frozen parameters, {trainable:,} trainable parameters ({share} %)"
TOO_THIN = "(not to scale)"

THRESHOLD_NAMES = {
    "raw": "default threshold",
    "contextual": "contextual calibration",
    "pmi_dc": "PMI-DC",
    "batch_mean": "batch mean",
    "tuned": "tuned on labels",
}

TAB_EXAMPLES = "Examples"


# How a prediction came about; what stands before the first comma is set in bold.
METHOD_BASELINE = "{method}, trained on {data}"
METHOD_TUNED = "{tuning}, {share} % of parameters trained on {data}"
METHOD_AFTER = "{tuned}, after {start}"
METHOD_TOKENS = " ({first} and {second} tokens: the longer is at a disadvantage)"
METHOD_NO_TEMPLATE = "its own method: it takes no template"
METHOD_OTHER_TEMPLATE = "its own template: the chosen one is for another kind of model"
METHOD_NO_CALIBRATION = "not calibrated: PMI-DC needs a template"
METHOD_CALIBRATED = "decision threshold moved by {threshold} log-odds ({calibration})"
