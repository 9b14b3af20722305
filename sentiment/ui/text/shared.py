"""All copy of the app."""

TITLE = "Sentiment, side by side"
TAGLINE = "Zero-shot and fine-tuned sentiment classifiers, compared on the same text."
DESCRIPTION = (
    "Type a text, and each pretrained model classifies it twice: zero-shot, and after fine-tuning "
    "on labelled reviews. All models are evaluated on the same labelled texts."
)
CARD_ALT = "One sentence and the predictions of three models, zero-shot and fine-tuned."
NEEDS_SCRIPT = "This page needs JavaScript."

TAB_COMPARE = "Compare"
TAB_SCORES = "Scores"
TAB_LESSON = "Lesson"

TEXT_LABEL = "Text to compare"
TEXT_PLACEHOLDER = "Type a sentence or paste a review"
COMPARE = "Compare"
MODELS_LABEL = "Models shown"
MODELS_TITLE = "Models shown"

OPTIONS_TITLE = "Zero-shot settings"
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
EMPTY = (
    "Type a text or pick one above. Each pretrained model classifies it twice: zero-shot, and "
    "after fine-tuning on labelled reviews."
)
STOP = "Stop"
IDLE = "No run in progress."
STOPPING = "Stopping …"
QUEUED = "Waiting in the queue …"
WHY_TITLE = "Attribution"
WHY_INTRO = (
    "Which words drive the prediction? The score of a word says how far it moves the log-odds "
    "towards the label you choose. Scores are estimates; the deletion check below them tests them."
)
WHY = "Explain"
WHY_METHOD = "Method"
WHY_METHODS = {
    "occlusion": "occlusion: leave out one word at a time",
    "gradient": "gradient × input: one pass, neural networks only",
}
WHY_LABEL = "Contribution to"
WHY_COST = "{models} models, {forward_passes} forward passes each: about {seconds:.0f} s."
WHY_WORKING = "{model} is running … ({done} of {models} models done)"
WHY_STOPPED = "Stopped. {done} of {models} models explained."
WHY_IDLE = IDLE
WHY_CAPTION = "Contribution of each word to “{label}”, in log-odds"
WHY_WORD = "Word"
WHY_SUM = "sum of the scores"
WHY_ODDS = "log-odds of the whole text"
WHY_CHECK = "deletion check"
WHY_DELETION = (
    "Probability of the predicted label: {full:.2f}. Without the {count} words that contribute "
    "most to it: {strongest:.2f}; without {count} others, mean of 20 random draws: {random:.2f}."
)
WHY_PASSED = "✓ Passed: no random draw lowers it as much."
WHY_FAILED = "✗ Failed: some random draws lower it as much. Do not trust these scores."
WHY_UNREAD = "truncated"
WHY_UNREAD_TITLE = "truncated: of a long text, the model reads only the beginning and the end"
WHY_TOO_SHORT = "too few words for this check"
NO_ZERO_SHOT = "No zero-shot model chosen."
NO_FINE_TUNED = "No fine-tuned model chosen."
NO_MODELS = "There is no model to show. Train one with python -m sentiment train."

# Written for this project. Each shows something else: (name of the chip, text).
EXAMPLES = (
    ("Plain praise", "A warm, funny film with a wonderful cast; I left smiling."),
    ("Negation", "Not once in two hours did I care what happened next."),
    ("“but …”", "The story is a muddle, but the songs are so good that I forgave it everything."),
    ("Irony", "Oh great, another sequel nobody asked for. Just what this summer needed."),
    ("Neutral", "The film runs for ninety minutes and is set in a small town by the sea."),
    (
        "A late turn",
        "I expected to hate it, and for an hour I did: the jokes fell flat, the hero annoyed me "
        "and the music never stopped. Then the last act arrived, and it won me over completely.",
    ),
)

SCORES_INTRO = (
    "All models on the same labelled texts. Square brackets hold 95 % CIs. To find out which of "
    "two models is better, choose them under “Paired comparison”: on the same texts, smaller "
    "differences can be told from noise."
)
DATASET_LABEL = "Evaluated on"
MODEL_A = "Model A"
MODEL_B = "Model B"
VERDICT_TITLE = "Paired comparison"
VERDICT_QUESTION = "Which model is better, and is it more than noise?"
SAME_MODEL = "A and B are the same model. Choose another one to compare it with."
MATRICES_NOTE = (
    "Press a cell to see its texts, or their row numbers where the texts are not available."
)
NO_RESULTS = (
    "No saved predictions yet. Train a recipe with python -m sentiment train, or evaluate a model "
    "with python -m sentiment evaluate MODEL --data sst2 --output assets/results/NAME.parquet."
)
TABLE_NOTE = (
    "Precision, recall and F1 are those of the positive label. AUROC measures how well the scores "
    "rank positive above negative texts, at any threshold; ECE, how far probabilities are from "
    "observed frequencies. The majority class is the accuracy of always predicting the more "
    "frequent label."
)
MEASURED_ON = (
    "ms per text: median and 95th percentile, one text at a time, over the 312 mostly short texts "
    "of the challenge set, on {where}. Long reviews take several times as long."
)
BELOW_BASELINE = (
    "Significantly below the baseline TF-IDF + logistic regression ({baseline}, accuracy "
    "{accuracy:.4f} on the same texts): {names}."
)
LEVEL_WITH_BASELINE = (
    "Not distinguishable from the baseline TF-IDF + logistic regression ({baseline}, accuracy "
    "{accuracy:.4f}): {names}."
)
OVERLAPPING = (
    "SST-2's training rows are phrases cut out of the same sentences. They overlap, so all "
    "intervals here are too narrow and all p-values too small."
)
PUBLISHED_TITLE = "Published elsewhere, not measured here"
SAME_SPLIT = "same split"
OTHER_SPLIT = "not the same split, so not comparable"
SAVE_TABLE = "Save the table as"
SHOW_NUMBERS = "Data table"
HOLM_NOTE = "Holm's correction covers all pairs of the {models} models in the table."

COST_TITLE = "Cost and accuracy"
COST_QUESTION = "What does a more accurate model cost in training and in time?"
MAJORITY = "majority class"
TRAINABLE_COUNT = "{:,.0f} trainable"
NONE_TRAINABLE = "0 trainable"
COST_TRAINED = "trainable parameters"
FROZEN, TRAINED = "frozen", "trainable"
WEIGHTS_SAID = "{frozen:,} frozen parameters, {trainable:,} trainable parameters ({share} %)"
TOO_THIN = "(not to scale)"
COST_MS = "ms per text"
COST_SAID = {
    "trainable": "Accuracy against trainable parameters: {best} is the most accurate, with "
    "{accuracy:.4f} and {cost:,.0f} trainable parameters.",
    "ms_median": "Accuracy against time per text: {best} is the most accurate, with "
    "{accuracy:.4f} and {cost:.1f} ms; the fastest, {quickest}, takes {least:.1f} ms.",
}
COST_NONE = "The cost of these models is not known: they are not on this machine."

TRAINING_TITLE = "Training curves"
TRAINING_QUESTION = "How did loss and accuracy change during training?"
TRAINING_NONE = "There is no training history of these two models on this machine."
TRAINING_SAID = (
    "{name}: training loss {first:.3f} at the first step, {last:.3f} at the last; epochs: "
    "{epochs}. Accuracy after each epoch on {n:,} texts of {split}."
)

RELIABILITY_TITLE = "Calibration"
RELIABILITY_QUESTION = "Can the probabilities be trusted?"
TOO_FEW = "Too few texts to measure calibration."
BEFORE, AFTER = "uncalibrated", "temperature-scaled"
RELIABILITY_SAID = (
    "{side}, {name}: ECE {ece:.3f}. It is {sure}: mean confidence {confidence:.3f}, accuracy "
    "{accuracy:.3f}."
)
SURE = {1: "overconfident", 0: "neither over- nor underconfident", -1: "underconfident"}
TEMPERED_SAID = "With {temperature}, ECE {after:.3f}{helped}; no prediction changes."
NO_HELP = " (no improvement: the NLL rises)"
FROM_HALVES = (
    "temperatures {first:.2f} and {second:.2f}, each fitted on one half of the texts and applied "
    "to the other"
)
FROM_TRAIN = "temperature {first:.2f}, fitted on {split}, which was held out of training"

THRESHOLD_TITLE = "Decision threshold"
THRESHOLD_QUESTION = "Above which score is a text positive?"
THRESHOLD_MODEL = "Model"
THRESHOLD_SLIDER = "Threshold on the log-odds of positive"
THRESHOLD_NAMES = {
    "raw": "default threshold",
    "contextual": "contextual calibration",
    "pmi_dc": "PMI-DC",
    "batch_mean": "batch mean",
    "tuned": "tuned on labels",
}
THRESHOLD_SAID = (
    "Each method shifts the threshold; the ranking and its AUROC of {auroc} stay the same. At the "
    "default threshold, {name} has an accuracy of {raw:.4f}."
)
THRESHOLD_TUNED = (
    "With a threshold tuned on labels: {tuned:.4f} (tuned on one half of the texts, scored on the "
    "other)."
)
THRESHOLD_COUNTS = (
    "At threshold {threshold}: {tp:,} true positives, {tn:,} true negatives, {fp:,} false "
    "positives, {fn:,} false negatives. Accuracy {accuracy:.4f}, AUROC {auroc} as before."
)

TAB_BATCH = "Batch"
BATCH_INTRO = (
    "Classify many texts at once. A CSV file needs a column named text; with a column named label, "
    "the models are also evaluated and compared."
)
BATCH_FILE = "CSV file, up to 5,000 rows and 5 MB"
BATCH_LINES = "Or one text per line"
BATCH_MODELS = "Models"
BATCH_START = "Score"
BATCH_EMPTY = "Upload a CSV file or paste one text per line, choose models, and press Score."
BATCH_IDLE = IDLE
BATCH_LOADING = "Loading …"
BATCH_PROGRESS = (
    "{done:,} of {total:,} predictions, {rate:,.0f} per second, about {left:,.0f} s left; {model} "
    "is running …"
)
BATCH_DONE = "{answered:,} of {rows:,} rows scored, {errors:,} skipped (empty or too long)."
BATCH_STOPPED = "Stopped. Predictions kept, of {rows:,} rows: {each}."
BATCH_EACH = "{answered:,} by {model}"
BATCH_CUT = (
    "{count:,} texts are longer than {model} reads and were truncated to their beginning and end."
)
BATCH_DOWNLOAD = "Download as CSV"
BATCH_ROWS = "First rows"

TAB_EXAMPLES = "Examples"
EXAMPLES_INTRO = "The texts behind the figures. Those on which A and B differ most come first."
WHICH_TEXTS = "Outcome"
SLICE_LABEL = "Slice"
SEARCH_LABEL = "Search"
SEARCH_PLACEHOLDER = "words, or a regular expression between slashes"
SLICES_TITLE = "Accuracy by slice"
SLICES_QUESTION = "On which kinds of text is a model weak?"
SLICES_NOTE = "Accuracy with 95 % CI; lengths in tokens of A"
FEW_TEXTS = "fewer than 30 texts"
CHALLENGE_TITLE = "Challenge set: error rate by capability"
CHALLENGE_SAID = (
    "Texts written for this project, each testing one capability; error rates with 95 % CI. In "
    "invariance pairs the label must stay the same, in directional pairs the score must move in "
    "the right direction."
)
CAPABILITY = "Capability"
WRONG_LABELS = "errors"
FAILED_PAIRS = "failed pairs"
FLIPPED_PAIRS = "invariance"
MISDIRECTED_PAIRS = "directional"
FOUND = "{shown:,} of {count:,} {what}, the largest difference first."
NOTHING_FOUND = "No text matches these filters. Choose others above."
NO_TEXTS = (
    "The texts of {title} do not come with the app. Set SENTIMENT_DATA to a folder that holds "
    "{file}, or fetch them from the Hugging Face Hub."
)
FETCH_TEXTS = "Fetch the texts"
TRY_IT = "compare"
MORE = "Show more"
CHANGED = " Of these, B is correct on {b_right:,} and A on {a_right:,}."
NO_TEXTS_HERE = "The texts of {title} are not available: it is not known where they come from."
TRY_LABEL = "compare text no. {row}"
NOT_AT_HAND = "Text number {row}, which is not available."
ROW = "no. {row}"
RIGHT = "✓"
WRONG = "✗"
LABEL = "label"
UNLABELLED = "none"
MATCHING = "matching “{wanted}”"
SEARCH_NEEDS_TEXTS = "The texts are not available, so there is nothing to search in."

TUNED_WITH = {
    "full": "full fine-tuning",
    "partial": "fine-tuning of the top layers",
    "lora": "LoRA",
    "head": "a classification head",
}
TUNED_SOMEHOW = "fine-tuning"

# How a prediction came about; what stands before the first comma is set in bold.
METHOD_BASELINE = "{method}, trained on {data}"
METHOD_TUNED = "{tuning}, {share} % of parameters trained on {data}"
METHOD_AFTER = "{tuned}, after {start}"
METHOD_TOKENS = " ({first} and {second} tokens: the longer is at a disadvantage)"
METHOD_NO_TEMPLATE = "its own method: it takes no template"
METHOD_OTHER_TEMPLATE = "its own template: the chosen one is a {kind}"
METHOD_NO_CALIBRATION = "not calibrated: PMI-DC needs a template"
METHOD_CALIBRATED = "decision threshold moved by {threshold} log-odds ({calibration})"
