"""Formatting of durations, sizes, p-values, shares, differences and methods."""

from __future__ import annotations

from sentiment.method import Method

_METHODS = {
    "prompt": "prompt, “{prompt}” {positive} / {negative}",
    "chat": "chat, “{prompt}” {positive} / {negative}",
    "cloze": "cloze, “{prompt}” {positive} / {negative}",
    "entailment": "entailment, “{prompt}” {positive} / {negative}",
    "similarity": "similarity, to “{negative}” and “{positive}”",
    "head": "trained head",
    "lora": "trained LoRA",
    "full": "trained as a whole",
    "tfidf": "TF-IDF + logistic regression",
    "file": "from a file",
}
METRIC_TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "mcc": "MCC",
    "auroc": "AUROC",
    "ece": "ECE",
}
CALIBRATION_TITLES = {"contextual": "contextual calibration", "pmi_dc": "PMI-DC"}


def describe_method(method: Method) -> str:
    """Describe `method` in a few words, such as “prompt, “… It was” great / terrible”."""
    negative, positive = (words.strip() for words in method.label_words or ("", ""))
    prompt = method.prompt.replace("{text}", "…").replace("{mask}", "___").replace("\n", " ")
    prompt = prompt.replace("{label}", "___")
    words = _METHODS[method.kind].format(prompt=prompt, negative=negative, positive=positive)
    shots = describe_shots(method)
    words = f"{words}; {shots}" if shots else words
    return f"{words}; int8" if method.engine == "int8" else words


def describe_shots(method: Method) -> str:
    """Describe the demonstrations of a method, such as “4-shot, first-lesson, seed 0”."""
    if not method.shots:
        return ""
    if method.shots_digest:
        return f"{method.shots}-shot, edited ({method.shots_digest[:8]})"
    return f"{method.shots}-shot, {method.shots_from}, seed {method.shots_seed}"


def say_duration(seconds: float) -> str:
    """Format a duration in minutes or seconds: “14 minutes”."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def count_of(count: int, noun: str) -> str:
    """Format a count with its noun: “1 text”, “2 texts”."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def format_p(p: float) -> str:
    """Format a p-value: "p = 0.031", "p < 0.001"."""
    return "p < 0.001" if p < 1e-3 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"


def say_bytes(size: float) -> str:
    """Format a size in kB, MB or GB: 1.07 GB."""
    for divisor, unit in ((1e9, "GB"), (1e6, "MB")):
        if size >= divisor:
            return f"{size / divisor:.2f}\u00a0{unit}"
    return f"{size / 1e3:.1f}\u00a0kB"


def signed(share: float) -> str:
    """Format a difference of two shares in percentage points, with its sign."""
    return f"{'−' if share < 0 else '+'}{100 * abs(share):.1f}"


def share_of(trainable: int, total: int) -> str:
    """Format a share in per cent with significant digits: 100, 3.47, 0.00033."""
    share = 100 * trainable / max(1, total)
    if trainable in (0, total):
        return f"{share:.0f}"
    return f"{share:.2f}" if share >= 0.005 else f"{share:.5f}"
