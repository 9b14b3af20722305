"""Interface text of the Scores tab."""

from sentiment.ui.text.shared import MAJORITY, THRESHOLD_NAMES

__all__ = ["MAJORITY", "THRESHOLD_NAMES"]  # re-exported

DATASET_LABEL = "Evaluated on"
MODEL_A = "Model A"
MODEL_B = "Model B"
NO_RESULTS = (
    "No saved predictions yet. Train a recipe with python -m sentiment train, or evaluate a model "
    "with python -m sentiment evaluate MODEL --data sst2 --output assets/results/NAME.parquet."
)

# The pair
PAIR_LABEL = "Paired comparison of A and B"
PAIR_POINTS = "points"
PAIR_ACCURACIES = "accuracy A {a} % → B {b} %, n = {n:,}"
PAIR_INTERVAL = "95 % CI of the difference, in points"
PAIR_INTERVAL_ALT = "95 % CI of the difference: {low} to {high} points"
PAIR_BETTER_A, PAIR_BETTER_B = "← A is better", "B is better →"
PAIR_DOTS = "Correct, of 100 texts"
PAIR_KINDS = {"both": "both", "b": "only B", "a": "only A", "neither": "neither"}
PAIR_BETTER = (
    "{better} is better than {worse}: correct on {more:,} more of {n:,} texts, more than chance "
    "would explain ({test})."
)
PAIR_TIED = (
    "{a} and {b} are not distinguishable: {counts} of {n:,} texts, which could be chance ({test})."
)
PAIR_MORE = "{better} is correct on {more:,} more"
PAIR_EQUAL = "both are correct on {right:,}"
PAIR_SAME = "{a} and {b} are correct on exactly the same texts, {right:,} of {n:,}."
PAIR_UNCORRECTED = " Without the correction, the difference would be significant."
PAIR_TEST = "exact McNemar {p}"
PAIR_HOLM = ", {p} after Holm's correction for {pairs} pairs"
SAME_MODEL = "A and B are the same model. Choose another one to compare it with."
HOLM_NOTE = "Holm's correction covers all pairs of the {models} models that can be A or B."

# The leaderboard
BOARD_TITLE = "Leaderboard"
BOARD_WORKING = "Computing the metrics …"
BOARD_NOTE = "all metrics in %, with 95 % CI"
BOARD_NOTE_DRAWS = "; few-shot: mean ± standard deviation of the draws"
BOARD_MODEL = "Model"
BOARD_ALL_COLUMNS = "All columns"
BOARD_BEST = "best"
BOARD_DRAWS = "accuracy of each draw: {accuracies}"
BOARD_TIED = "not distinguishable from the best"
BOARD_SET = "set {side}"
BOARD_SET_LABEL = "Set {side} to {name}"
BOARD_SORT = "Sort by {title}"
BOARD_GROUP_BASELINE = "Baseline"
BOARD_SIZE, BOARD_PARAMETERS, BOARD_TRAINABLE = "Size on disk", "Parameters", "Trainable"
BOARD_MS = "ms per text"
BOARD_P95 = "p95 {:.1f}"
ALWAYS = "always {label}"
TABLE_NOTE = (
    "Precision, recall and F1 are those of the positive label. AUROC measures how well the scores "
    "rank positive above negative texts, at any threshold; ECE, how far probabilities are from "
    "observed frequencies. The majority class is the accuracy of always predicting the more "
    "frequent label. A model is marked “not distinguishable from the best” where the paired exact "
    "McNemar test, after Holm's correction for all pairs, is not significant at 5 %."
)
DRAWS_NOTE = (
    "A few-shot row is the mean ± standard deviation over random draws of the demonstrations; each "
    "dot is the accuracy of one draw. Few-shot rows are not compared in pairs, and Holm's "
    "correction does not count them."
)
TABLE_NOTE_TITLE = "How to read the table"
MEASURED_ON = (
    "ms per text: median and 95th percentile, one text at a time, over the 312 mostly short texts "
    "of the challenge set, on {where}. Long reviews take several times as long."
)
BELOW_BASELINE = (
    "Significantly below the baseline TF-IDF + logistic regression ({baseline}, accuracy "
    "{accuracy} % on the same texts): {names}."
)
TIED_WITH_BASELINE = (
    "Not distinguishable from the baseline TF-IDF + logistic regression ({baseline}, accuracy "
    "{accuracy} %): {names}."
)
OVERLAPPING = (
    "SST-2's training rows are phrases cut out of the same sentences. They overlap, so all "
    "intervals here are too narrow and all p-values too small."
)
PUBLISHED_TITLE = "Published results, not reproduced here"
PUBLISHED_HEADERS = ("Model", "Accuracy, %", "Source")
SAME_SPLIT = "same split"
OTHER_SPLIT = "not the same split, so not comparable"
SAVE_TABLE = "Save the table as"
SHOW_NUMBERS = "Data table"

# The parts below the leaderboard
PART_MATRICES = "Matrices"
PART_CURVES = "Training curves"
PART_CALIBRATION = "Calibration"
PART_THRESHOLD = "Threshold"
PART_COST = "Cost"
MATRICES_NOTE = "Press a cell to see its texts."
MATRICES_NO_TEXTS = (
    "The texts of this data set are not bundled: a cell opens its error rates by slice, and its "
    "texts once they are downloaded."
)

COST_QUESTION = "What does a more accurate model cost in training and in time?"
COST_COLUMNS = {
    "accuracy": "accuracy, % (95 % CI)",
    "trainable": "trainable parameters (log scale)",
    "ms_median": "ms per text (log scale)",
}
COST_CHART = "Accuracy, trainable parameters and time per text of each model"
COST_SUMMARY = {
    "trainable": "{best} is the most accurate, with {accuracy} % and {cost:,.0f} trainable "
    "parameters.",
    "ms_median": "It takes {cost:.1f} ms per text; the fastest, {fastest}, takes {lowest:.1f} ms.",
}
COST_NONE = "The cost of these models is not known: they are not on this machine."
COST_HEADERS = (
    "Model",
    "Accuracy, %",
    "Trainable parameters",
    "ms per text, median",
    "ms, p95",
    "Training, s",
    "Peak memory, GB",
)

TRAINING_QUESTION = "How did loss and accuracy change during training?"
TRAINING_NONE = "There is no training history of these two models on this machine."
TRAINING_SUMMARY = (
    "{name}: training loss {first:.3f} at the first step, {last:.3f} at the last; epochs: "
    "{epochs}. Accuracy after each epoch on {n:,} texts of {split}."
)
TRAINING_BEFORE = " Before training, zero-shot: {before} %."
TRAINING_EPOCH = "epoch"
TRAINING_LOSS = "training loss"
TRAINING_ACCURACY = "accuracy, %"
TRAINING_ZERO_SHOT = "0: zero-shot"
TRAINING_HEADERS = ("Model", "Epoch", "Training loss", "Evaluation loss", "Accuracy, %")

RELIABILITY_QUESTION = "Can the probabilities be trusted?"
TOO_FEW = "Too few texts to measure calibration."
BEFORE, AFTER = "uncalibrated", "temperature-scaled"
RELIABILITY_SUMMARY = (
    "{side}, {name}: ECE {ece} %. It is {calibration}: mean confidence {confidence} %, accuracy "
    "{accuracy} %."
)
CONFIDENCE = {1: "overconfident", 0: "neither over- nor underconfident", -1: "underconfident"}
TEMPERATURE_SUMMARY = "With {temperature}, ECE {after} %{note}; no prediction changes."
NO_IMPROVEMENT = ", but the negative log-likelihood rises"
FITTED_ON_HALVES = (
    "temperatures {first:.2f} and {second:.2f}, each fitted on one half of the texts and applied "
    "to the other"
)
FITTED_ON_SPLIT = "temperature {first:.2f}, fitted on {split}, which was held out of training"
RELIABILITY_X, RELIABILITY_Y = "mean predicted probability", "fraction of positives"
RELIABILITY_HEADERS = (
    "Model",
    "Bin",
    "n",
    "Mean predicted probability",
    "Fraction of positives",
)
RELIABILITY_ALL = "all"

THRESHOLD_QUESTION = "Above which score is a text positive?"
THRESHOLD_MODEL = "Model"
THRESHOLD_SLIDER = "Threshold on the log-odds of positive"
THRESHOLD_X, THRESHOLD_Y = "threshold (log-odds of positive)", "accuracy, %"
THRESHOLD_CHART = "Accuracy of {name} at every threshold"
THRESHOLD_SUMMARY = (
    "Each method shifts the threshold; the ranking and its AUROC of {auroc} % stay the same. At "
    "the default threshold, {name} has an accuracy of {raw} %."
)
THRESHOLD_TUNED = (
    "With a threshold tuned on labels: {tuned} % (tuned on one half of the texts, scored on the "
    "other)."
)
THRESHOLD_COUNTS = (
    "At threshold {threshold}: {tp:,} true positives, {tn:,} true negatives, {fp:,} false "
    "positives, {fn:,} false negatives. Accuracy {accuracy} %, AUROC {auroc} % as before."
)
THRESHOLD_HEADERS = ("Threshold", "Log-odds", "Accuracy, %")
