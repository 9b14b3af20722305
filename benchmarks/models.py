"""Networks of full size with random weights: they cost what trained ones cost."""

from __future__ import annotations

from pathlib import Path

from sentiment.catalogue import BUNDLED


def write_distilbert(folder: Path, *, layers: int = 6) -> Path:
    """A DistilBERT classifier of published size (66 M weights), untrained, in `folder`."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(0)
    config = DistilBertConfig(
        n_layers=layers,
        id2label={0: "negative", 1: "positive"},
        label2id={"negative": 0, "positive": 1},
    )
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(BUNDLED / "distilbert-mini").save_pretrained(folder)
    return folder
