"""Interface text of the attributions in Compare."""

EXPLAIN = "Explain"
METHOD = "Method"
METHODS = {
    "occlusion": "occlusion",
    "gradient": "gradient × input",
}
STOP = "Stop"
COST = "{models} models, forward passes each: {forward_passes}; about {seconds:.0f} s."
QUEUED = "Waiting in the queue …"
WORKING = "{model} is running … ({done} of {models} models done)"
STOPPED = "Stopped. {done} of {models} models explained."
IDLE = "No run in progress."

WORD_TITLE = "{score} log-odds towards positive; without this word, P(positive) {without}"
DELETION = (
    "P({sign}) without the {count} strongest words: {full:.2f} → {strongest:.2f}; without {count} "
    "random words: {random:.2f}"
)
PASSED = "Deletion check passed: none of 20 random draws lowers the probability as much."
FAILED = "Deletion check failed: some random draws lower it as much. Do not trust these scores."
TOO_SHORT = "too few words for the deletion check"
UNREAD = "truncated"
UNREAD_TITLE = "truncated: of a long text, the model reads only the beginning and the end"
TABLE = "Data table"
CAPTION = "Contribution of each word to positive, in log-odds"
WORD = "Word"
SUM = "sum of the contributions"
ODDS = "log-odds of the whole text"
