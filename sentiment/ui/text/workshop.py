"""The copy of the tabs Models and Train, where models are added and made."""

from sentiment.ui.text.shared import IDLE

TAB_TRAIN = "Train"
TRAIN_INTRO = (
    "A small training run on this machine while you watch: the loss of every step, the accuracy "
    "after every epoch. The fine-tuned model joins Compare for as long as this page is open."
)
TRAIN_BACKBONE = "Backbone"
TRAIN_TUNING = "Fine-tuning"
TRAIN_TUNINGS = {
    "head": "head (frozen backbone)",
    "lora": "LoRA: low-rank matrices beside the frozen ones, and the head",
    "partial": "top layers: the upper half of the layers, and the head",
    "full": "full fine-tuning: all parameters",
}
TRAIN_DATA = "Training data"
TRAIN_DATA_TITLES = {
    "first-lesson": "First lesson: {most} texts written for this project, evaluated on 100 others",
    "sst2": "SST-2: up to {most:,} phrases of its training split, evaluated on its 872 sentences",
}
TRAIN_EXAMPLES = "Training examples"
TRAIN_EPOCHS = "Epochs"
TRAIN_RATE = "Learning rate"
TRAIN_START = "Train"
TRAIN_EMPTY = "Choose the settings and press Train. The time left is shown after the first steps."
TRAIN_OFF = (
    "Training is off on this public Space, where it would slow down everyone else. Start the app "
    "on your own machine (make demo), or duplicate the Space and set {variable}=1."
)
TRAIN_IDLE = IDLE
TRAIN_QUEUED = "One training run at a time: yours starts when the one before it ends."
TRAIN_LOADING = "Loading the backbone and the texts …"
TRAIN_BEGUN = "Evaluating the backbone zero-shot before the first step …"
TRAIN_STEP = (
    "Step {step:,} of {steps:,}, epoch {epoch:.1f}: loss {loss:.3f}, {rate:,.0f} texts per "
    "second, about {left:,.0f} s left."
)
TRAIN_SCORING = "Trained. Evaluating it on all {n:,} texts …"
TRAIN_STOPPED = "Stopped at step {step:,} of {steps:,}. No checkpoint was kept."
TRAIN_STOPPED_EARLY = "Stopped before the first step. Nothing has changed."
TRAIN_FAILED = "The training run failed: {problem} No checkpoint was kept."
TRAIN_DONE = (
    "{name} was trained in {seconds:.0f} s. It is in Compare for as long as this page is open."
)
TRAIN_BEFORE, TRAIN_AFTER = "zero-shot", "fine-tuned"
TRAIN_RIGHT = "accuracy {accuracy:.3f}"
TRAIN_COMPARE = "Compare the two"
TRAIN_LOSS_TITLE = "Training loss per step"
TRAIN_STEPS = "{count:,} steps"
TRAIN_EPOCHS_END = "{count} epochs"
TRAIN_LOSS_SAID = "From {first:.3f} to {last:.3f}."
TRAIN_ACCURACY_TITLE = "Accuracy after each epoch, on {watched:,} texts held out of training"
TRAIN_ACCURACY_NONE = "Shown after the first epoch."
TRAIN_ACCURACY_SAID = "Epoch {epoch:g}: {accuracy:.3f}."

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
