"""The copy of the Models tab, where models are added."""

from sentiment.ui.text.shared import IDLE

TAB_MODELS = "Models"
MODELS_INTRO = (
    "All models that are available here: source, backbone, fine-tuning, training data, size, "
    "licence and accuracy."
)
MODELS_RESIDENT = "In memory (at most {most}): {names}."
MODELS_NONE_RESIDENT = (
    "No model is in memory. A model is loaded with its first prediction; at most {most} stay."
)
MODELS_ADD = "Add a model"
MODELS_ADD_INTRO = (
    "A Hub id such as owner/name{or_folder}. Only safetensors are loaded, never pickle files and "
    "never a model's own code. The model is checked in a process of its own and joins for this "
    "visit."
)
MODELS_OR_FOLDER = ", or the path of a folder on this machine"
MODELS_ADDRESS = "Hub id"
MODELS_ADDRESS_OR_FOLDER = "Hub id or folder"
MODELS_CHECK = "Check model"
MODELS_IDLE = IDLE
MODELS_ASKING = "Looking up {address} …"
MODELS_DOWNLOADING = "Downloading {address}: {done:.1f} of {total:.1f} MB …"
MODELS_LOADING = "Loading {size:.1f} MB and classifying two test sentences …"
MODELS_STOPPED = "Stopped. Nothing was added."
MODELS_CONFIRM = "Add it for this visit"
MODELS_ADDED = "{name} is added. It is in Compare for as long as this page is open."
MODELS_TOO_MANY = (
    "{count} models were added already, the limit for one visit. Reload the page to start anew."
)
MODELS_FOUND = "{name} can be loaded. {what}"
MODELS_IS_CLASSIFIER = "A fine-tuned classifier with {parameters:,} parameters ({method})."
MODELS_IS_BACKBONE = "A pretrained backbone with {parameters:,} parameters, zero-shot by {method}."
MODELS_NAMED = "Its labels are {labels}; their names say which one is positive."
MODELS_UNNAMED = (
    "Its labels are {labels}; their names do not say which one is positive. The two test sentences "
    "below decide it. Check that they are classified correctly."
)
MODELS_PROBE = "“{text}” → {p:.2f} positive"
MODELS_UNSOUND = (
    "The negative sentence gets a higher probability of positive than the positive one. The labels "
    "may be reversed, or the model was not trained for sentiment. Add it only to examine that."
)
MODELS_UNDECIDED = (
    "Both sentences get the same label. The model may not have been trained for sentiment, or it "
    "may be biased towards one label."
)
MODELS_CARD = "Model card"
MODELS_SOURCES = {
    "bundled": "bundled with the app",
    "trained": "trained on this machine",
    "visit": "trained in this visit",
    "hub": "added from the Hub, revision {revision}",
    "folder": "added from a folder",
}
MODELS_FACTS = {
    "source": "Source",
    "backbone": "Backbone",
    "tuning": "Fine-tuning",
    "data": "Training data",
    "parameters": "Parameters",
    "size": "Size on disk",
    "licence": "Licence",
    "scores": "Accuracy",
}
MODELS_ASKED = "none (zero-shot)"
MODELS_NOT_SAID = "not stated"
MODELS_AFTER = ", after {start}"
MODELS_SCORE = "{p:.1f} % (95 % CI {low:.1f} to {high:.1f}, n\u00a0=\u00a0{n:,}), {title}"
MODELS_NO_SCORE = "not evaluated"
