"""Published accuracies, for comparison with those measured here. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from sentiment.data.sources import DATASETS


@dataclass(frozen=True)
class Published:
    """One published accuracy; `low` and `high` are equal for a single value."""

    method: str
    dataset: str
    low: float
    high: float
    is_same_split: bool  # evaluated on the split that the tables here use
    note: str  # source, and how the evaluation differs

    @property
    def shown(self) -> str:
        """Format the accuracy with as many digits as were published."""
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        return low if low == high else f"{low}–{high}"


PUBLISHED = (
    Published("DistilBERT, full fine-tuning", "sst2", 0.913, 0.913, True, "the DistilBERT paper"),
    Published(
        "DistilBERT, full fine-tuning",
        "sst2",
        0.9106,
        0.9106,
        True,
        "Hugging Face checkpoint, 794/872",
    ),
    Published("BERT-base-cased, full fine-tuning", "sst2", 0.917, 0.923, True, "model cards"),
    Published("GPT-2 124M, full fine-tuning", "sst2", 0.909, 0.925, True, "model cards"),
    Published(
        "GPT-2 124M, LoRA", "sst2", 0.916, 0.917, True, "model cards; 86.9 with 148k parameters"
    ),
    Published("Llama 3.2 1B, LoRA", "sst2", 0.961, 0.961, True, "model card"),
    Published("Llama 3 8B, zero-shot", "sst2", 0.749, 0.749, True, "blog post"),
    Published(
        "Llama 3.2 1B, head (frozen backbone)",
        "sst2",
        0.8954,
        0.8954,
        False,
        "a random fifth of train",
    ),
    Published("DistilBERT, full fine-tuning", "imdb", 0.9282, 0.9282, True, "the DistilBERT paper"),
    Published("DistilBERT, full fine-tuning", "imdb", 0.9329, 0.9329, True, "model card, 5 epochs"),
    Published("GPT-2 124M, full fine-tuning", "imdb", 0.919, 0.919, False, "a split of its own"),
    Published("GPT-2 124M, LoRA", "imdb", 0.911, 0.911, True, "model card"),
    Published("GPT-2 124M, zero-shot", "imdb", 0.708, 0.708, True, "label likelihood"),
    Published("BERT-base-cased, LoRA", "imdb", 0.853, 0.853, False, "a blog post, on a subset"),
)


def published_for(dataset: str, split: str) -> list[Published]:
    """List published figures for `dataset`, the same split first, then by accuracy.

    Empty for every split but the official evaluation split of the data set.
    """
    if dataset not in DATASETS or split != DATASETS[dataset].evaluation_split:
        return []
    entries = [entry for entry in PUBLISHED if entry.dataset == dataset]
    return sorted(entries, key=lambda entry: (not entry.is_same_split, -entry.high))
