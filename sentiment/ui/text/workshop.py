"""The copy of the tabs Models and Train, where models are added and made."""

TAB_TRAIN = "Train"
TRAIN_INTRO = (
    "A real training, on this machine, while you watch: the loss of every step, the accuracy after "
    "every epoch. What comes out stands beside the others in Compare as long as this page is open."
)
TRAIN_BACKBONE = "Pretrained network"
TRAIN_TUNING = "What is trained"
TRAIN_TUNINGS = {
    "head": "a new head, the network frozen",
    "lora": "LoRA: small matrices beside the frozen weights, and the head",
    "partial": "the upper half of the layers and the head",
    "full": "all weights",
}
TRAIN_DATA = "On"
TRAIN_DATA_TITLES = {
    "first-lesson": "First lesson: {most} texts written for this project, scored on 100 others",
    "sst2": "SST-2: up to {most:,} phrases of its training split, scored on the 872 sentences",
}
TRAIN_EXAMPLES = "Texts to train on"
TRAIN_EPOCHS = "Epochs"
TRAIN_RATE = "Learning rate"
TRAIN_START = "Train"
TRAIN_EMPTY = "Choose above and press Train. How long it takes is said after its first steps."
TRAIN_OFF = (
    "Training is off on this public Space, where it would keep everybody waiting. Start the app on "
    "your own machine (make demo), or duplicate the Space and set {variable}=1."
)
TRAIN_IDLE = "Nothing is being trained."
TRAIN_QUEUED = "One training at a time: yours begins when the one before it is done."
TRAIN_LOADING = "Loading the network and the texts …"
TRAIN_BEGUN = "Asking the network before it learns, then training it …"
TRAIN_STEP = (
    "Step {step:,} of {steps:,}, epoch {epoch:.1f}: loss {loss:.3f}, {rate:,.0f} texts a second, "
    "about {left:,.0f} s left."
)
TRAIN_SCORING = "Trained. Asking it about all {n:,} texts it is scored on …"
TRAIN_STOPPED = "Stopped at step {step:,} of {steps:,}. Nothing was kept, and nothing has changed."
TRAIN_STOPPED_EARLY = "Stopped before the first step. Nothing has changed."
TRAIN_FAILED = "The training ended: {problem} Nothing was kept."
TRAIN_DONE = "{name} is trained, in {seconds:.0f} s, and in Compare as long as this page is open."
TRAIN_BEFORE, TRAIN_AFTER = "before", "after"
TRAIN_RIGHT = "{p:.1f} % right"
TRAIN_COMPARE = "Compare the two"
TRAIN_LOSS_TITLE = "Training loss, step by step"
TRAIN_STEPS = "{count:,} steps"
TRAIN_EPOCHS_END = "{count} epochs"
TRAIN_LOSS_SAID = "From {first:.3f} to {last:.3f}."
TRAIN_ACCURACY_TITLE = "Accuracy after each epoch, on {watched:,} texts it does not learn from"
TRAIN_ACCURACY_NONE = "Comes after the first epoch."
TRAIN_ACCURACY_SAID = "Epoch {epoch:g}: {p:.1f} % right."

TAB_MODELS = "Models"
MODELS_INTRO = (
    "Every model there is here: where it comes from, what it was trained on, what it weighs, and "
    "how often it is right."
)
MODELS_RESIDENT = "In memory now, of at most {most}: {names}."
MODELS_NONE_RESIDENT = (
    "No model is in memory: each is loaded when it is first asked, and at most {most} stay."
)
MODELS_ADD = "Add a model"
MODELS_ADD_INTRO = (
    "A Hub id such as owner/name{or_folder}. Only safetensors are loaded, never pickle files and "
    "never a model's own code. It is looked at in a process of its own and joins for this visit."
)
MODELS_OR_FOLDER = ", or the path of a folder on this machine"
MODELS_ADDRESS = "Hub id"
MODELS_ADDRESS_OR_FOLDER = "Hub id or folder"
MODELS_CHECK = "Look at it"
MODELS_IDLE = "Nothing is being looked at."
MODELS_ASKING = "Asking for {address} …"
MODELS_DOWNLOADING = "Downloading {address}: {done:.1f} of {total:.1f} MB …"
MODELS_LOADING = "All {size:.1f} MB are here. Loading it and asking it two sentences …"
MODELS_STOPPED = "Stopped. Nothing was added."
MODELS_CONFIRM = "Add it for this visit"
MODELS_ADDED = "{name} is added, and in Compare as long as this page is open."
MODELS_TOO_MANY = "{count} models were added already, the most for one visit. Open the page anew."
MODELS_FOUND = "{name} can be loaded. {what}"
MODELS_IS_CLASSIFIER = "A trained classifier of {parameters:,} weights ({method})."
MODELS_IS_BACKBONE = "A pretrained network of {parameters:,} weights, asked by {method}."
MODELS_NAMED = "It calls its labels {labels}, which says which is which."
MODELS_UNNAMED = (
    "It calls its labels {labels}, which says nothing. The two sentences below decide which one is "
    "positive. Is it right?"
)
MODELS_PROBE = "“{text}” → {p:.2f} positive"
MODELS_UNSOUND = (
    "It calls the negative sentence more positive than the positive one: its labels may be "
    "reversed, or it was not trained for this. Add it only to see that."
)
MODELS_UNDECIDED = (
    "It gives both sentences the same label. It may not have been trained for this, or lean far to "
    "one side."
)
MODELS_CARD = "Its card"
MODELS_SOURCES = {
    "bundled": "comes with the app",
    "trained": "trained on this machine",
    "visit": "trained in this visit",
    "hub": "added from the Hub, revision {revision}",
    "folder": "added from a folder",
}
MODELS_FACTS = {
    "source": "From",
    "backbone": "Network",
    "tuning": "Trained",
    "data": "On",
    "parameters": "Weights",
    "size": "On disk",
    "licence": "Licence",
    "scores": "Right",
}
MODELS_ASKED = "nothing: it is only asked"
MODELS_NOT_SAID = "not said"
MODELS_AFTER = ", after {start}"
MODELS_SCORE = "{p:.1f} % [{low:.1f}, {high:.1f}] of {n:,} on {title}"
MODELS_NO_SCORE = "not scored"
