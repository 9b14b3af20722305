"""All copy of the app."""

TITLE = "Sentiment, side by side"
TAGLINE = "The same network before and after it learned."
DESCRIPTION = (
    "What transfer learning buys, on any text you type: every pretrained network answers twice, "
    "only asked and after it was trained, and its accuracies stand beside it."
)
CARD_ALT = "One sentence and what three networks say of it, before and after they were trained."
NEEDS_SCRIPT = "This page needs JavaScript."

TAB_COMPARE = "Compare"
TAB_SCORES = "Scores"
TAB_LESSON = "Lesson"

TEXT_LABEL = "Text to compare"
TEXT_PLACEHOLDER = "Type a sentence or paste a review"
COMPARE = "Compare"
MODELS_LABEL = "Models shown"
MODELS_TITLE = "Which models"

OPTIONS_TITLE = "How zero-shot models are asked"
OPTIONS_TEMPLATE = "Template: the words around the text"
OPTIONS_EACH_OWN = "each model’s own"
OPTIONS_EACH_OWN_NOTE = (
    "Each model is asked in the way its card names. The exact prompt stands under its answer."
)
OPTIONS_OWN = "your own …"
OPTIONS_OWN_NOTE = (
    "{text} is where the text goes. The model goes on after the last word, and the label whose "
    "word it expects more wins; with {mask} in the template, a masked model fills that gap."
)
OPTIONS_OWN_TEXT = "Your template"
OPTIONS_NEGATIVE = "Word for negative"
OPTIONS_POSITIVE = "Word for positive"
OPTIONS_FIRST = ("{text} In short, it was", "bad", "good")
OPTIONS_TEMPLATE_NOTE = "“{negative}” or “{positive}”? {serves} From: {source}."
OPTIONS_SERVES = {
    "prompt": "For models that go on writing.",
    "cloze": "For models that fill gaps.",
}
OPTIONS_CALIBRATION = "The line between − and +"
OPTIONS_CALIBRATION_NOTE = (
    "Calibration moves the line by what a model says where there is no text to judge. Texts keep "
    "their ranking; trained models keep their line."
)
LINK_COPY = "Copy the link to this view"
LINK_COPIED = "Copied"
LINK_SELECTED = "Selected: press Ctrl-C"
LINK_LEAVES_OUT = "Models of this visit are in no link: nobody else has them."
LINK_UNKNOWN = "The link you followed also names what is not here: {names}."
LINK_MORE = " and {count} more"
LINK_TOO_LONG = "The text is too long for a link to this view."

ZERO_SHOT = "Zero-shot"
FINE_TUNED = "Fine-tuned"
BASELINE = "Baseline"
FLIPPED = "changed its mind"
WAITING = "reading …"
PROMPT = "the exact prompt"
EMPTY = (
    "Type a text or pick one above. Each network answers twice: as it was pretrained, only asked, "
    "and after it was trained on labelled reviews."
)
STOP = "Stop"
STOPPING = "Stopping …"
QUEUED = "Waiting for its turn …"
WHY_TITLE = "Why do they say so?"
WHY_INTRO = (
    "A score for every word: how far it moves the answer towards the label you choose. A score is "
    "a guess about the model, not about the text, and the last row checks it."
)
WHY = "Explain"
WHY_METHOD = "Method"
WHY_METHODS = {
    "occlusion": "occlusion: leave the word out and ask again",
    "gradient": "gradient × input: one reading, for networks only",
}
WHY_LABEL = "Scores speak for"
WHY_COST = "{models} models read {readings} texts each: some {seconds:.0f} s."
WHY_WORKING = "{model} is reading … ({done} of {models} done)"
WHY_STOPPED = "Stopped. {done} of {models} models explained."
WHY_IDLE = "Nothing is being explained."
WHY_CAPTION = "What each word says for “{label}”, in log-odds"
WHY_WORD = "Word"
WHY_SUM = "sum of the scores"
WHY_ODDS = "log-odds of the whole text"
WHY_CHECK = "deletion check"
WHY_DELETION = (
    "Sure of its answer: {full:.2f}. Without the {count} words most in favour of it: "
    "{strongest:.2f}; without {count} others, on average over 20 draws: {random:.2f}."
)
WHY_PASSED = "✓ No draw took away as much."
WHY_FAILED = "✗ Some draws took away as much: do not trust these scores."
WHY_UNREAD = "not read"
WHY_UNREAD_TITLE = "not read: of a long text a model reads the beginning and the end alone"
WHY_TOO_SHORT = "too few words to check"
NO_ZERO_SHOT = "No zero-shot side chosen."
NO_FINE_TUNED = "No trained model chosen."
NO_MODELS = "There is no model to show. Train one with train_model.py."

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
    "Every model on the same labelled texts. Square brackets hold 95 % intervals. To know which of "
    "two models is better, choose them below: on the same texts a smaller difference counts."
)
DATASET_LABEL = "Scored on"
MODEL_A = "Model A"
MODEL_B = "Model B"
VERDICT_TITLE = "Which one is better?"
SAME_MODEL = "This is one and the same model. Choose another to compare it with."
MATRICES_NOTE = (
    "Press a number to see the texts behind it; where a data set is not at hand, by their numbers."
)
NO_RESULTS = (
    "No saved predictions yet. Train a recipe with train_model.py, or score a model with "
    "python -m sentiment evaluate MODEL --data sst2 --output assets/results/NAME.parquet."
)
TABLE_NOTE = (
    "Precision, recall and F1 are those of the positive label. AUROC asks how well the scores "
    "rank positive above negative texts, wherever the threshold lies; ECE how far probabilities "
    "and facts lie apart. The model that always gives the more frequent label is the floor that "
    "every other one has to beat."
)
MEASURED_ON = (
    "Milliseconds are the median, and the 95th percentile, for one text alone: the 312 mostly "
    "short texts of the challenge set, on {where}. Long reviews take several times as long."
)
BELOW_BASELINE = (
    "Counting words does better than {names}: {baseline}, TF-IDF with logistic regression, reaches "
    "{accuracy:.4f} on the same texts, and chance would not explain it."
)
LEVEL_WITH_BASELINE = (
    "Not distinguishable from counting words ({baseline}, {accuracy:.4f}): {names}."
)
OVERLAPPING = (
    "SST-2's training rows are phrases cut out of the same sentences. They overlap, so that all "
    "intervals here are too narrow and all p-values too small."
)
PUBLISHED_TITLE = "Published elsewhere, not measured here"
SAME_SPLIT = "same split"
OTHER_SPLIT = "not the same split, so not comparable"
SAVE_TABLE = "Save the table as"
SHOW_NUMBERS = "The numbers"
HOLM_NOTE = "The correction is for all pairs of the {models} models in the table."

COST_TITLE = "What does it cost?"
COST_TRAINED = "weights trained"
FROZEN, TRAINED = "frozen", "trained"
WEIGHTS_SAID = "{frozen:,} weights frozen, {trainable:,} trained ({share} %)"
TOO_THIN = "drawn wider than it is"
COST_MS = "ms a text"
COST_SAID = {
    "trainable": "Accuracy against the number of weights that were trained: {best} is right most "
    "often, at {accuracy:.1f} %, with {cost:,.0f} of them.",
    "ms_median": "Accuracy against the time for one text: {best} is right most often, at "
    "{accuracy:.1f} %, and takes {cost:.1f} ms; the quickest, {quickest}, takes {least:.1f} ms.",
}
COST_NONE = "Nothing is known of what these models cost: they are not on this machine."

TRAINING_TITLE = "How did it learn?"
TRAINING_NONE = "Neither of the two was trained here, so there is no curve to show."
TRAINING_SAID = (
    "{name} went from a loss of {first:.3f} to {last:.3f} in {epochs} epochs; its accuracies are "
    "on {n:,} texts of {split}."
)

RELIABILITY_TITLE = "Can its probabilities be believed?"
TOO_FEW = "Too few texts to say."
BEFORE, AFTER = "as it answers", "after temperature"
RELIABILITY_SAID = (
    "{side}, {name}: what it says and what is found are {ece:.3f} apart on average (ECE). It is "
    "{sure}: {confidence:.1f} % sure on average, and right about {accuracy:.1f} %."
)
SURE = {1: "too sure of itself", 0: "about as sure as it should be", -1: "too unsure of itself"}
TEMPERED_SAID = (
    "With a temperature of {temperature} they are {after:.3f} apart{helped}; no answer changes."
)
NO_HELP = ", which did not help (its log loss rises)"
FROM_HALVES = "{first:.2f} and {second:.2f}, each fitted on one half and used on the other,"
FROM_TRAIN = "{first:.2f}, fitted on {split}, which was set aside,"

THRESHOLD_TITLE = "Where is the line between − and +?"
THRESHOLD_MODEL = "Model"
THRESHOLD_SLIDER = "Threshold on the log-odds of positive"
THRESHOLD_NAMES = {
    "raw": "as it answers",
    "contextual": "contextual calibration",
    "pmi_dc": "PMI-DC",
    "batch_mean": "batch mean",
    "tuned": "tuned on labels",
}
THRESHOLD_SAID = (
    "Every method moves the line, none moves the ranking: AUROC stays {auroc}. As it answers, "
    "{name} is right about {raw:.1f} % of the texts."
)
THRESHOLD_TUNED = (
    "With the line where the labels want it, about {tuned:.1f} % (chosen on one half, scored on "
    "the other)."
)
THRESHOLD_COUNTS = (
    "With the line at {threshold}: {tp:,} positive and {tn:,} negative texts are right, "
    "{fp:,} negative ones are called positive, {fn:,} positive ones negative. Accuracy "
    "{accuracy:.4f}, AUROC {auroc} as before."
)

TAB_BATCH = "Batch"
BATCH_INTRO = (
    "Many texts at once. A CSV needs a column named text; with a column named label, too, the "
    "models are scored and compared on it."
)
BATCH_FILE = "CSV file, up to 5,000 rows and 5 MB"
BATCH_LINES = "Or a text a line"
BATCH_MODELS = "Models"
BATCH_START = "Score"
BATCH_EMPTY = "Drop a CSV file or paste some lines, choose models, and press Score."
BATCH_IDLE = "Nothing is being scored."
BATCH_LOADING = "Reading …"
BATCH_PROGRESS = (
    "{done:,} of {total:,} answers, {rate:,.0f} a second, about {left:,.0f} s left; {model} is "
    "reading …"
)
BATCH_DONE = "{answered:,} of {rows:,} rows scored, {errors:,} without a text to score."
BATCH_STOPPED = "Stopped. Of {rows:,} rows, those that have an answer are kept: {each}."
BATCH_EACH = "{answered:,} by {model}"
BATCH_CUT = "{count:,} texts are longer than {model} reads: their beginning and end were read."
BATCH_DOWNLOAD = "Download as CSV"
BATCH_ROWS = "The first rows"

TAB_EXAMPLES = "Examples"
EXAMPLES_INTRO = "The texts behind the numbers, those first about which the two models differ most."
WHICH_TEXTS = "Which texts"
SLICE_LABEL = "Part of the data"
SEARCH_LABEL = "Search"
SEARCH_PLACEHOLDER = "words, or a pattern between slashes"
SLICES_TITLE = "Part by part"
SLICES_NOTE = "Accuracy with 95 % intervals; lengths in tokens of A"
FEW_TEXTS = "fewer than 30 texts"
CHALLENGE_TITLE = "What each of them cannot do"
CHALLENGE_SAID = (
    "Texts written for this project, each hard in one way. Pairs must keep their label, or move "
    "their score the right way."
)
CAPABILITY = "Capability"
WRONG_LABELS = "wrong labels"
FAILED_PAIRS = "failed pairs"
FLIPPED_PAIRS = "flipped"
MISDIRECTED_PAIRS = "moved wrongly"
FOUND = "{shown:,} of {count:,} {what}, the largest gap first."
NOTHING_FOUND = "No text is like that. Choose others above."
NO_TEXTS = (
    "The texts of {title} do not come with the app. Set SENTIMENT_DATA to a folder that holds "
    "{file}, or fetch them from the Hugging Face Hub."
)
FETCH_TEXTS = "Fetch the texts"
TRY_IT = "compare"
MORE = "Show more"
CHANGED = " Of these, {b_right:,} are right with B and {a_right:,} with A."
NO_TEXTS_HERE = "The texts of {title} are not at hand: it is not known where they come from."
TRY_LABEL = "compare text no. {row}"
NOT_AT_HAND = "Text number {row}, which is not at hand."
ROW = "no. {row}"
RIGHT = "✓"
WRONG = "✗"
UNLABELLED = "none"
MATCHING = "found by “{wanted}”"
SEARCH_NEEDS_TEXTS = "There is nothing to search in: the texts are not at hand."

TUNED_WITH = {
    "full": "fine-tuning of all weights",
    "partial": "fine-tuning of the upper layers",
    "lora": "LoRA",
    "head": "a new head",
}
TUNED_SOMEHOW = "training"

# How a prediction came about; what stands before the first comma is set in bold.
METHOD_BASELINE = "{method}, trained on {data}"
METHOD_TUNED = "{tuning}, {share} % of parameters trained on {data}"
METHOD_AFTER = "{tuned}, after {start}"
METHOD_TOKENS = " ({first} and {second} tokens: the longer is at a disadvantage)"
METHOD_NO_TEMPLATE = "its own method: it takes no template"
METHOD_OTHER_TEMPLATE = "its own template: the chosen one is a {kind}"
METHOD_NO_CALIBRATION = "not calibrated: PMI-DC needs a template"
METHOD_CALIBRATED = "decision threshold moved by {threshold} log-odds ({calibration})"
