"""All copy of the app."""

TITLE = "Sentiment, side by side"
TAGLINE = "The same network before and after it learned."

TAB_COMPARE = "Compare"
TAB_SCORES = "Scores"

TEXT_LABEL = "Text to compare"
TEXT_PLACEHOLDER = "Type a sentence or paste a review"
COMPARE = "Compare"
MODELS_LABEL = "Models shown"
MODELS_TITLE = "Which models"

ZERO_SHOT = "Zero-shot"
FINE_TUNED = "Fine-tuned"
BASELINE = "Baseline"
FLIPPED = "changed its mind"
WAITING = "reading …"
PROMPT = "the exact prompt"
EMPTY = (
    "Type a text or pick one above. Each network answers twice: as it was pretrained, only asked, "
    "and after it was trained on labelled reviews."
)
NO_ZERO_SHOT = "No zero-shot side chosen."
NO_FINE_TUNED = "No trained model chosen."
NO_MODELS = "There is no model to show. Train one with train_model.py."

# Written for this project. Each shows something else: (name of the chip, text).
EXAMPLES = (
    ("Plain praise", "A warm, funny film with a wonderful cast; I left smiling."),
    ("Negation", "Not once in two hours did I care what happened next."),
    ("“but …”", "The story is a muddle, but the songs are so good that I forgave it everything."),
    ("Irony", "Oh great, another sequel nobody asked for. Just what this summer needed."),
    ("Neutral", "The film runs for ninety minutes and is set in a small town by the sea."),
    (
        "A late turn",
        "I expected to hate it, and for an hour I did: the jokes fell flat, the hero annoyed me "
        "and the music never stopped. Then the last act arrived, and it won me over completely.",
    ),
)

SCORES_INTRO = (
    "Every model on the same labelled texts. Square brackets hold 95 % intervals: where two of "
    "them overlap widely, the difference may be chance."
)
DATASET_LABEL = "Scored on"
MODEL_A = "Model A"
MODEL_B = "Model B"
MATRICES_TITLE = "Who is right about what"
NO_RESULTS = (
    "No saved predictions yet. Train a recipe with train_model.py, or score a model with "
    "python -m sentiment evaluate MODEL --data sst2 --output assets/results/NAME.parquet."
)
TABLE_NOTE = (
    "Precision, recall and F1 are those of the positive label. AUROC asks how well the scores "
    "rank positive above negative texts, wherever the threshold lies. The model that always gives "
    "the more frequent label is the floor that every other one has to beat."
)
BELOW_BASELINE = (
    "Counting words does better than {names}: TF-IDF with logistic regression reaches "
    "{accuracy:.4f} on the same texts."
)
DIFFERENT_ROWS = "These two models were scored on different rows, so they cannot be compared."

TUNED_WITH = {
    "full": "fine-tuning of all weights",
    "partial": "fine-tuning of the upper layers",
    "lora": "LoRA",
    "head": "a new head",
}
TUNED_SOMEHOW = "training"
