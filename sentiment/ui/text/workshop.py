"""The copy of the tab Train, where models are made."""

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
