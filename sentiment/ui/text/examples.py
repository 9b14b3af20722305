"""Interface text of the Examples tab."""

DATASET_LABEL = "Data set"
MODEL_A = "Model A"
MODEL_B = "Model B"
WHICH_TEXTS = "Outcome"
SLICE_LABEL = "Slice"
SEARCH_LABEL = "Search"
SEARCH_PLACEHOLDER = "words, or /a regular expression/"

HEAT_TITLE = "Error rate by capability, in %"
HEAT_NOTE = "Press a cell to see its texts, the wrong ones first."
HEAT_MODEL = "Model"
HEAT_CELL = "{model}, {capability}: {failures} of {n} wrong. Show these texts."
HEAT_TITLES = {
    "temporal": "Change over time",
    "entities": "Names",
    "typos": "Typos",
    "neutral_suffix": "Neutral suffix",
    "late_turn": "Late turn",
}
PAIRS_TITLE = "Invariance and directional pairs"
PAIRS_NOTE = (
    "In invariance pairs the prediction must stay the same, in directional pairs the score must "
    "move in the expected direction. 95 % CI in brackets, in %."
)
PAIRS_HEADERS = ("Capability", "Expectation", "A: {a}", "B: {b}")
PAIRS_FAILED = "{failures} of {n} failed"
INVARIANCE = "invariance"
DIRECTIONAL = "directional"

SLICES_NOTE = "Accuracy by slice, in %, with 95 % CI; lengths in tokens of A"
SLICES_HEADERS = ("Slice", "n", "A: {a}", "B: {b}", "B − A, points")
FEW_TEXTS = "fewer than 30 texts"

FOUND = "{shown:,} of {count:,} {what}, the largest difference first."
FOUND_WRONG_FIRST = "{shown:,} of {count:,} {what}, those that {b} gets wrong first."
FOUND_UNREAD = "{count:,} {what}."
CHANGED = " Of these, B is correct on {b_right:,} and A on {a_right:,}."
NOTHING_FOUND = "No text matches these filters. Choose others above."
NO_TEXTS = (
    "The texts of {title} are not bundled. Download them from the Hugging Face Hub, or set "
    "SENTIMENT_DATA to a folder that holds {file}."
)
NO_SOURCE = "The texts of {title} are not available: their source is unknown."
SEARCH_NEEDS_TEXTS = "The texts are not available, so they cannot be searched. Clear the search."
DOWNLOAD_TEXTS = "Download {title}"
MORE = "Show more"

COMPARE = "Compare"
COMPARE_LABEL = "Compare text no. {row}"
ROW = "no. {row}"
LABEL = "label"
UNLABELLED = "none"
RIGHT = "✓"
WRONG = "✗"
