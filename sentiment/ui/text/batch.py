"""Interface text of the Batch tab."""

from sentiment.ui.text.shared import IDLE

TAB_BATCH = "Batch"
BATCH_INTRO = (
    "Classify many texts at once. A file needs a column of texts; with a column of labels, the "
    "models are also evaluated and compared."
)
BATCH_INPUT = "Texts and models"
BATCH_INPUT_DONE = "Texts and models: {name}, {models} models. Open to score others"
BATCH_FILE = "CSV, JSON Lines or parquet file, up to 5,000 rows and 5 MB"
BATCH_TEXT_COLUMN, BATCH_LABEL_COLUMN = "Column of texts", "Column of labels"
BATCH_NO_LABELS = "none: do not evaluate"
BATCH_FORMAT = "File format"
FORMAT_ENCODING = "Encoding (--encoding)"
FORMAT_ENCODING_HINT = "by its byte order mark, else utf-8; another one such as windows-1252"
FORMAT_HEADER = "The first row is a header (off: --no-header)"
FORMAT_QUOTES = "Quotation marks enclose cells (off: --no-quotes)"
FORMAT_STRICT = "Refuse neutral and unlabelled rows (--neutral refuse)"
BATCH_SAMPLE = "Try a sample file"
BATCH_LINES = "Or one text per line"
BATCH_MODELS = "Models"
BATCH_SLOW = "Slow: {names}; {rows:,} short texts take about {minutes:.1f} minutes, long ones more."
BATCH_START = "Score"
BATCH_EMPTY = "Upload a file or paste one text per line, choose models, and press Score."
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
BATCH_CORRECT = (
    "Correct, of {n:,} labelled texts: {counts}; always predicting {label}: {majority:,}."
)
BATCH_ONE_CLASS = (
    "Balanced accuracy, MCC and AUROC are not defined for one class, nor is F1 without a positive "
    "text."
)
BATCH_DOWNLOAD = "Download as CSV"
BATCH_MODEL_A, BATCH_MODEL_B = "Model A", "Model B"
BATCH_SCORES = "All metrics"

PREVIEW_ROWS = "{name}: {rows:,} rows; texts are read from the column {column}."
PREVIEW_NO_LABELS = "There is no column of labels, so predictions are not evaluated."
PREVIEW_NOT_EVALUATED = "Predictions are not evaluated."
PREVIEW_CAPTION = "First {count} of {rows:,} rows"
PREVIEW_TEXT, PREVIEW_LABEL, PREVIEW_NONE = "text", "label", "none"

ROWS_CAPTION = "{shown:,} of {count:,} rows{which}"
ROWS_DISAGREE = "Disagreements only"
ROWS_ALL = "Show all rows"
ROWS_DISAGREEING = "; the models disagree"
ROWS_NUMBER, ROWS_TEXT, ROWS_LABEL = "row", "text", "label"
ROWS_NONE = "No row matches this filter."
ROWS_NEUTRAL = "neutral"
ROWS_NOT_SCORED = "–"
