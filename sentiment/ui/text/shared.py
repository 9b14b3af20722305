"""Interface text shared by several tabs."""

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
OPTIONS_DEFAULT = "default of each model"
OPTIONS_DEFAULT_NOTE = (
    "Each model uses the template that its model card names. The exact prompt is below its "
    "prediction."
)
OPTIONS_CUSTOM = "custom …"
OPTIONS_CUSTOM_NOTE = (
    "{text} is replaced by the text. Without {mask}, causal language models score the label words "
    "after the template; with {mask}, masked language models score them in its place. The label "
    "whose words are more likely wins."
)
OPTIONS_CUSTOM_TEXT = "Custom template"
OPTIONS_NEGATIVE = "Label words for negative"
OPTIONS_POSITIVE = "Label words for positive"
OPTIONS_FIRST = ("{text} In short, it was", "bad", "good")
OPTIONS_TEMPLATE_NOTE = "Label words: “{negative}” and “{positive}”. {serves} Source: {source}."
OPTIONS_SERVES = {
    "prompt": "For causal language models.",
    "chat": "For causal language models whose tokenizer has a chat template.",
    "cloze": "For masked language models.",
    "entailment": "For models of textual entailment.",
}
OPTIONS_CALIBRATION = "Decision threshold"
OPTIONS_CALIBRATION_NOTE = (
    "Calibration shifts the threshold by the bias that a model shows without a text. It needs no "
    "labels and keeps the ranking of the texts. Fine-tuned models keep their threshold."
)
OPTIONS_SHOTS = "Demonstrations"
OPTIONS_SHOTS_NOTE = (
    "Few-shot: labelled examples before the text, for models that answer by prompt. 0 is zero-shot."
)
OPTIONS_DRAW = "Random draw"
OPTIONS_DEMONSTRATIONS = "Demonstrations, in their order"
OPTIONS_DEMONSTRATIONS_NOTE = (
    "One per line: + or −, and a text. Edit them, or change their order: both change the "
    "predictions."
)
LINK_COPY = "Copy the link to this view"
LINK_COPIED = "Copied"
LINK_SELECTED = "Selected: press Ctrl-C"
LINK_LEAVES_OUT = "The link leaves out models that were added in this session."
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

# Written for this project, one per phenomenon: (name of the button, text, label or "").
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
PARAMETERS_ALT = "{frozen:,} frozen parameters, {trainable:,} trainable parameters ({share} %)"
NOT_TO_SCALE = "(not to scale)"

THRESHOLD_NAMES = {
    "raw": "default threshold",
    "contextual": "contextual calibration",
    "pmi_dc": "PMI-DC",
    "batch_mean": "batch mean",
    "tuned": "tuned on labels",
}

TAB_EXAMPLES = "Examples"


# Method of a prediction; the part before the first comma is bold.
METHOD_BASELINE = "{method}, trained on {data}"
METHOD_TUNED = "{tuning}, {share} % of parameters trained on {data}"
METHOD_AFTER = "{tuned}, starting from {start}"
METHOD_TOKENS = " ({first} and {second} tokens: the longer is at a disadvantage)"
METHOD_NO_TEMPLATE = "template ignored: the method uses none"
METHOD_OTHER_TEMPLATE = "template ignored: it is for another kind of model"
METHOD_NO_CHAT = "template ignored: its tokenizer has no usable chat template"
METHOD_NO_SHOTS = "demonstrations ignored: the method takes none"
METHOD_NO_CALIBRATION = "not calibrated: PMI-DC needs a template"
METHOD_CALIBRATED = "decision threshold shifted by {threshold} log-odds ({calibration})"
