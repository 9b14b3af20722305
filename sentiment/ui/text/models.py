"""Interface text of the Models tab."""

TAB = "Models"
INTRO = (
    "Every backbone with the models fine-tuned from it, their trainable parameters and accuracy. "
    "Press a model for its details and its model card."
)
IN_MEMORY = "In memory (at most {most}): {names}."
NONE_IN_MEMORY = "No model is in memory. Models are loaded on first use; at most {most} are kept."

# The tree
TREE = "Models by backbone"
AXIS = "Accuracy, 95 % CI"
AXIS_NOTE = (
    "Accuracy on SST-2 validation, or on the test set of the data that a model was trained on: "
    "compare only models evaluated on the same set."
)
BRANCH_KEY = "Branch width: share of trainable parameters, log scale"
BRANCH_SHARES = (("100 %", 1.0), ("1 %", 1e-2), ("0.01 %", 1e-4))
MARK_ZERO_SHOT, MARK_FINE_TUNED, MARK_BASELINE = "zero-shot", "fine-tuned", "baseline"
FAMILY_TITLES = {
    "unknown": "Backbone not stated",
    "baseline": "Baseline",
    "broken": "Cannot be used",
}
FAMILY_NOTES = {
    "backbone": "{parameters:,} parameters",
    "absent": "not on this machine",
    "unknown": "classifiers from other sources",
    "baseline": "logistic regression, no pretraining",
    "broken": "",
}
TUNING_ON = "{tuning} on {data}"
TUNING_AFTER = "{tuning} on {first}, then {data}"
TUNINGS = {
    "full": "Full fine-tuning",
    "partial": "Top layers",
    "lora": "LoRA",
    "head": "Head",
    "baseline": "TF-IDF",
    "": "Fine-tuned",
}
WITH_SOURCE = "{how} · {source}"
TRAINABLE = "{trainable:,} trainable, {share} %"
PARAMETERS = "{parameters:,} parameters"
BROKEN = "cannot be loaded"
SCORE = "{before}{p:.1f} % {data}"
SCORE_BEFORE = "{p:.1f} → "

# The side panel
CLOSE = "Close"
CARD = "Model card"
COMPARE = "Open in Compare"
SOURCES = {
    "bundled": "bundled with the app",
    "trained": "trained on this machine",
    "visit": "trained in this session",
    "hub": "added from the Hub, revision {revision}",
    "folder": "added from a folder",
}
FACTS = {
    "source": "Source",
    "backbone": "Backbone",
    "tuning": "Fine-tuning",
    "start": "Started from",
    "data": "Training data",
    "n_train": "Training texts",
    "parameters": "Parameters",
    "size": "Size on disk",
    "weights": "Weights",
    "licence": "Licence",
    "scores": "Accuracy",
}
QUANTIZED = "quantized ({quantization}), read as float32"
NO_TUNING = "none (zero-shot)"
NOT_STATED = "not stated"
ACCURACY = "{p:.1f} % [{low:.1f}, {high:.1f}], n\u00a0=\u00a0{n:,}, {title}"
INTERVALS = "95 % CI in brackets."
NOT_EVALUATED = "not evaluated"
UNKNOWN = "There is no model named {name!r} here. It may belong to another session."

# Accuracy by layer
LAYERS_QUESTION = "Where in the network is sentiment?"
LAYERS_X = "Layer"
LAYERS_Y = "Accuracy of a linear classifier (%)"
LAYERS_MEAN = "mean of all tokens"
LAYERS_MEAN_SHORT = "mean"
LAYERS_LAST_TOKEN = "last token"
LAYERS_FIRST_TOKEN = "first token"
LAYERS_SUMMARY = (
    "Best is layer {layer} of {depth} ({pooling}): {best:.1f} %, against {last:.1f} % on the last "
    "layer and {first:.1f} % on the embeddings. Logistic regression on {n_train:,} training "
    "phrases of SST-2, evaluated on {n:,} held out of train with their whole sentences."
)

# Adding a model
ADD_NOTE = (
    "Only safetensors files are loaded, never pickle files or custom code. A model is checked in a "
    "separate process and added for this session."
)
ADDRESS = "Add a model: Hub id or link"
ADDRESS_OR_FOLDER = "Add a model: Hub id, link or folder"
PLACEHOLDER = "Add a model: owner/name or a link from huggingface.co"
PLACEHOLDER_OR_FOLDER = "Add a model: owner/name, a link from huggingface.co, or a folder"
SUGGESTED = "For example"
# Classifiers of positive and negative English reviews, with safetensors on the Hub.
SUGGESTIONS = (
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    "lvwerra/distilbert-imdb",
    "siebert/sentiment-roberta-large-english",
)
CHECK = "Check model"
LOOKING = "Looking up {address} …"
DOWNLOADING = "Downloading {address}: {done:.1f} of {total:.1f} MB …"
LOADING = "Loading {size:.1f} MB and classifying two test sentences …"
STOPPED = "Stopped. Nothing was added."
CONFIRM = "Add it for this session"
UNSETTLED = (
    "The labels of {name} ({labels}) have names that do not say what they mean, and its "
    "predictions for test sentences do not tell it. If you know it, say what each label means."
)
CONFIRM_LABELS = "Add with these labels"
SAY_LABELS = "Say what each label means; at least one is negative and one positive."
ADDED = "{name} is added. It is available in Compare until you close this page."
TOO_MANY = (
    "{count} models were added already, the limit per session. Reload the page to start over."
)
INSPECTED = "{name} can be loaded. {what}"
IS_CLASSIFIER = "A fine-tuned classifier with {parameters:,} parameters ({method})."
IS_BACKBONE = "A pretrained backbone with {parameters:,} parameters, zero-shot by {method}."
LABELS_NAMED = "Its labels are {labels}; their names say which one is positive."
LABELS_UNNAMED = (
    "Its labels are {labels}; their names do not say which one is positive. The two test sentences "
    "below decide it. Check that they are classified correctly."
)
PROBE = "“{text}” → {p:.2f} positive"
UNSOUND = (
    "The negative sentence gets a higher probability of positive than the positive one. The labels "
    "may be reversed, or the model was not trained for sentiment. Add it only to examine that."
)
UNDECIDED = (
    "Both sentences get the same label. The model may not have been trained for sentiment, or it "
    "may be biased towards one label."
)
