"""Interface text of the Train tab."""

from sentiment.ui.text.shared import IDLE

TAB_TRAIN = "Train"
TRAIN_TITLE = "Train a model on this machine"
TRAIN_PRESET = "Fine-tuning"
# The first line is the name, the second explains it.
TRAIN_PRESETS = {
    "head": "Head\nlinear head on the frozen {backbone}, about 30 s",
    "lora": "LoRA\n{backbone} with low-rank adapters, about 1 min",
    "custom": "Custom\nbackbone, layers, epochs, learning rate",
}
TRAIN_BACKBONE = "Backbone"
TRAIN_TUNING = "Fine-tuning method"
TRAIN_TUNINGS = {
    "head": "head (frozen backbone)",
    "lora": "LoRA and the head",
    "partial": "top layers and the head",
    "full": "full fine-tuning",
}
TRAIN_DATA = "Training data"
TRAIN_DATA_TITLES = {
    "first-lesson": "First lesson\n{train:,} reviews of this project, {test:,} for testing",
    "sst2": "SST-2\nup to {train:,} phrases of film reviews, 872 test sentences",
}
TRAIN_EXAMPLES = "Training examples"
TRAIN_EPOCHS = "Epochs"
TRAIN_RATE = "Learning rate"
TRAIN_START = "Train"
TRAIN_EMPTY = (
    "Press Train. After every epoch, the accuracy on held-out texts and the predictions for five "
    "test sentences are updated."
)
TRAIN_OFF = (
    "Training is off on this public Space because it would slow down other users. Start the app "
    "on your own machine (make demo), or duplicate the Space and set {variable}=1."
)
TRAIN_IDLE = IDLE
TRAIN_QUEUED = "One training run at a time: yours starts when the previous one ends."
TRAIN_LOADING = "Loading the backbone and the texts …"
TRAIN_ZERO_SHOT = "Evaluating the backbone zero-shot on {n:,} test texts …"
TRAIN_PREPARING = "Preparing {n:,} training texts …"
TRAIN_STEP = "Step {step:,} of {steps:,}, {rate:,.0f} texts per second, about {left:,.0f} s left."
TRAIN_SCORING = "Trained. Evaluating the saved model on all {n:,} test texts …"
TRAIN_STOPPED = "Stopped at step {step:,} of {steps:,}. No checkpoint was kept."
TRAIN_STOPPED_EARLY = "Stopped before the first step. Nothing has changed."
TRAIN_FAILED = "The training run failed: {error} No checkpoint was kept."
TRAIN_DONE = (
    "{name}, trained in {seconds:.0f} s, is available in Compare until you close this page."
)
TRAIN_BEFORE, TRAIN_AFTER = "zero-shot", "fine-tuned"
TRAIN_AFTER_EPOCH = "after epoch {epoch} of {epochs}"
TRAIN_EVALUATED_ON = "on {n:,} held-out texts"
TRAIN_NO_ACCURACY = "no accuracy yet"
TRAIN_PARAMETERS = "{trainable:,} of {total:,} parameters are trainable ({share} %)."
TRAIN_COMPARE = "Compare"
TRAIN_DOWNLOAD = "Download the checkpoint"
TRAIN_LOSS_TITLE = "Training loss"
TRAIN_LOSS_NONE = "Shown after the first steps."
TRAIN_LOSS_SUMMARY = "From {first:.3f} to {last:.3f} after {step:,} of {steps:,} steps."
TRAIN_ACCURACY_TITLE = "Accuracy, %"
TRAIN_ACCURACY_NONE = "Shown after the backbone is evaluated."
TRAIN_ACCURACY_SUMMARY = "{before:.1f} % zero-shot, {last:.1f} % after epoch {epoch}."
TRAIN_ACCURACY_BEFORE = "{before:.1f} % zero-shot."
TRAIN_EPOCH, TRAIN_STEPS = "epoch {epoch}", "{steps:,} steps"
TRAIN_SENTENCES = "Five test sentences"
TRAIN_SENTENCES_NOTE = "○ zero-shot, ● now"
TRAIN_LABEL = "label"
TRAIN_HISTORY = "label {gold}; probability of positive {probabilities}: {verdict}"
TRAIN_RIGHT, TRAIN_WRONG = "correct", "wrong"
