"""What people would use instead: transformers' Trainer as its examples set it up."""

from __future__ import annotations

import tempfile
from typing import Any

from sentiment.data.examples import Examples

RUN_GLUE_LENGTH = 128  # to which run_glue.py pads every row unless told otherwise


def fit_plainly(
    name: str,
    train: Examples,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    pads_to: int | None,
    frozen_layers: int,
) -> None:
    """Train the classifier of the DistilBERT in the folder `name` with a plain Trainer.

    Args:
        pads_to: tokens that every row is padded to; None pads each batch to its longest row.
        frozen_layers: with `requires_grad=False`, and the embeddings with them; where that is all
            of them the head is trained alone.
    """
    import torch
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        default_data_collator,
        set_seed,
    )

    set_seed(42)
    tokenizer = AutoTokenizer.from_pretrained(name)
    network = AutoModelForSequenceClassification.from_pretrained(
        name, num_labels=2, dtype=torch.float32
    )
    if frozen_layers:
        body = getattr(network, network.base_model_prefix)
        for part in (body.embeddings, *body.transformer.layer[:frozen_layers]):
            part.requires_grad_(False)
    shape: dict[str, Any] = (
        {"padding": "max_length", "max_length": pads_to} if pads_to else {"max_length": 128}
    )
    rows = Dataset.from_dict({"text": list(train.texts), "labels": train.labels.tolist()})
    rows = rows.map(
        lambda batch: tokenizer(batch["text"], truncation=True, **shape),
        batched=True,
        remove_columns=["text"],
    )
    with tempfile.TemporaryDirectory() as folder:
        Trainer(
            model=network,
            args=TrainingArguments(
                output_dir=folder,
                num_train_epochs=epochs,
                per_device_train_batch_size=batch_size,
                learning_rate=learning_rate,
                save_strategy="no",
                disable_tqdm=True,
                report_to="none",
                logging_strategy="no",
                use_cpu=not torch.cuda.is_available(),
            ),
            train_dataset=rows,
            data_collator=default_data_collator if pads_to else DataCollatorWithPadding(tokenizer),
            processing_class=tokenizer,
        ).train()
