"""The model card of a checkpoint: training, metrics, limits and usage code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from sentiment.data.sources import DATASETS, dataset_title, split_title
from sentiment.evaluation.metrics import Interval
from sentiment.evaluation.results import Result
from sentiment.formatting import describe_method, say_duration
from sentiment.models.catalogue import ADAPTER_FILE, RUN_FILE, read_backbone_card, resolve_model
from sentiment.paths import BUNDLED, trained_directory
from sentiment.recipes import FULL_WEIGHTS
from sentiment.runtime.files import read_json
from sentiment.training.history import epoch_rows

_BODY = """
# {title}

{backbone_title}, {tuned}, trained on {train_title}.

{trainable:,} of {total:,} parameters were trained ({share:.2%}) on {n_train:,} examples of
{train_title} ({train_split}), in {duration} on {hardware}, in {precision}.{start}

## Zero-shot and fine-tuned, on the same {n:,} texts

{table}
{other_tables}
The zero-shot side is the same pretrained backbone without any training: {zero_shot_method}.
Square brackets hold 95 % CIs: Wilson for accuracy, bootstrap over the texts for the rest.
Evaluated on {evaluation_title}, split `{evaluation_split}` (fingerprint `{fingerprint}`); the
predictions behind every figure are in `predictions/`.

{epochs}## Use

```python
{usage}
```

## Training settings

| setting | value |
|---|---|
{settings}

Versions, history and the fingerprint of the data are in `run.json`.

## Limits

There are two labels: a neutral or mixed text gets one of them all the same. The model was trained
on {train_title} only; other languages and other kinds of text were not evaluated. Training texts of
more than {max_length} tokens were truncated to their beginning and end. The last epoch was kept,
whatever its score.

## Backbone and licence

{attribution}
"""

_TUNED = {
    "full": "full fine-tuning",
    "partial": "top layers and head fine-tuned",
    "lora": "LoRA",
    "head": "head on the frozen backbone",
}

_START = " Training started from `{name}` (hash of its weights `{weights_hash}`)."
_OTHER = """
On a {split} of {title} ({n:,} texts):

{table}

The rows of such a split overlap with the training rows (SST-2's training rows are phrases cut out
of the same sentences), so these scores cannot be compared with those above.
"""

_EPOCHS = """\
## Training history

{table}

The last two columns are measured on {n:,} texts of the same split, in the precision of training.

"""

_METRICS = (
    ("accuracy", "Accuracy"),
    ("precision", "Precision"),
    ("recall", "Recall"),
    ("f1", "F1"),
)


def write_model_card(folder: Path, results: Sequence[tuple[Result, Result]]) -> Path:
    """Write `README.md` of the checkpoint in `folder` from its run and its results.

    Args:
        results: pairs of zero-shot and fine-tuned results on the same texts, the official split
            first.
    """
    (zero_shot, fine_tuned), *others = results
    run = read_json(folder / RUN_FILE)
    recipe, info = run["recipe"], fine_tuned.info
    backbone = read_backbone_card(resolve_model(run["backbone"]["name"]))
    train, parameters = run["data"]["train"], run["parameters"]
    body = _BODY.format(
        title=folder.name,
        backbone_title=_backbone_title(run["backbone"]["name"], backbone),
        tuned=_TUNED[recipe["tuning"]],
        trainable=parameters["trainable"],
        total=parameters["total"],
        share=parameters["trainable"] / parameters["total"],
        n_train=train["n"],
        train_title=dataset_title(train["dataset"]),
        train_split=train["split"],
        duration=say_duration(run["seconds"]),
        hardware=_hardware(run),
        precision=run["precision"],
        start=_START.format(**run["start"]) if run.get("start") else "",
        n=fine_tuned.metrics.n,
        table=_table(zero_shot, fine_tuned),
        other_tables="".join(_other_table(*pair) for pair in others),
        max_length=recipe["max_length"],
        zero_shot_method=describe_method(zero_shot.info.method),
        evaluation_title=dataset_title(info.dataset),
        evaluation_split=info.split,
        fingerprint=info.fingerprint,
        epochs=_epochs(run),
        usage=usage_code(folder, run),
        settings="\n".join(f"| {key} | {_cell(value)} |" for key, value in _settings(recipe)),
        attribution=_attribution(run["backbone"]["name"], backbone),
    )
    path = folder / "README.md"
    ModelCard(f"---\n{_card_data(folder, run, backbone, fine_tuned)}\n---\n{body}").save(path)
    return path


def _backbone_title(name: str, card: dict[str, Any]) -> str:
    title, size = str(card.get("title", name)), card.get("size")
    return f"{title} ({size})" if size else title


def _epochs(run: dict[str, Any]) -> str:
    """Render the table of losses and accuracies by epoch, empty without a history."""
    rows = epoch_rows(run["history"])
    if not rows:
        return ""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    n = min(run["recipe"]["watched_examples"], run["data"]["evaluation"]["n"])
    return _EPOCHS.format(table="\n".join(lines), n=n)


def _card_data(
    folder: Path, run: dict[str, Any], backbone: dict[str, Any], result: Result
) -> ModelCardData:
    info, metrics = result.info, result.metrics
    known = DATASETS.get(info.dataset)
    return ModelCardData(
        language="en",
        license=backbone.get("license", "other"),
        library_name="peft" if (folder / ADAPTER_FILE).is_file() else "transformers",
        pipeline_tag="text-classification",
        base_model=_base_model(run["backbone"]["name"], backbone),
        datasets=[known.hub_id] if known else None,
        tags=["sentiment-analysis", str(run["recipe"]["tuning"])],
        model_name=folder.name,
        eval_results=[
            EvalResult(
                task_type="text-classification",
                task_name="Sentiment analysis",
                dataset_type=known.hub_id if known else info.dataset,
                dataset_name=dataset_title(info.dataset),
                dataset_split=info.split,
                metric_type=name,
                metric_name=title,
                metric_value=round(getattr(metrics, name), 4),
            )
            for name, title in _METRICS
            if getattr(metrics, name) is not None
        ],
    )


def _base_model(name: str, card: dict[str, Any]) -> str:
    """Return the Hub id of the backbone, or its name if it was pretrained here."""
    source = str(card.get("source", name))
    return source if "/" in source else name


def _table(zero_shot: Result, fine_tuned: Result) -> str:
    lines = ["| | Zero-shot | Fine-tuned |", "|---|---|---|"]
    for name, title in _METRICS:
        cells = []
        for result in (zero_shot, fine_tuned):
            interval: Interval | None = getattr(result.metrics, f"{name}_interval")
            value = getattr(result.metrics, name)
            cells.append(
                f"{value:.4f} [{interval.low:.3f}, {interval.high:.3f}]" if interval else "–"
            )
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _other_table(zero_shot: Result, fine_tuned: Result) -> str:
    info = fine_tuned.info
    return _OTHER.format(
        title=dataset_title(info.dataset),
        split=split_title(info.split),
        n=fine_tuned.metrics.n,
        table=_table(zero_shot, fine_tuned),
    )


def _settings(recipe: dict[str, Any]) -> list[tuple[str, Any]]:
    hidden = {"name", "summary", "dataset"}
    if recipe["tuning"] != "partial":
        hidden.add("freeze_layers")
    return [
        (key.replace("_", " "), value)
        for key, value in recipe.items()
        if key not in hidden and not (key.startswith("lora_") and recipe["tuning"] != "lora")
    ]


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _hardware(run: dict[str, Any]) -> str:
    hardware = run["hardware"]
    cores = f"{hardware['cores']} cores of {hardware['processor']}"
    return cores if run.get("device") == "cpu" else str(hardware.get("accelerator", cores))


def _attribution(name: str, card: dict[str, Any]) -> str:
    if not {"source", "license"} <= card.keys():
        return f"The backbone is [{name}](https://huggingface.co/{name}); its licence applies."
    source = card["source"]
    if "/" not in source:
        return (
            f"The backbone `{name}` was {source} ({card['license']}); its model card says on "
            f"which texts. This checkpoint carries the same licence."
        )
    form = (
        f"quantized ({card['quantization']})"
        if "quantization" in card
        else "converted to DistilBERT's architecture"
    )
    return (
        f"The backbone `{name}` holds the weights of [{source}](https://huggingface.co/{source}) "
        f"({card['license']}), {form}. This checkpoint carries the same licence."
    )


_USAGE = """\
import torch
{import_weights}
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

folder, backbone = "{name}", "{backbone}"  # run this beside the two folders
config = AutoConfig.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(
    backbone, config=config, dtype=torch.float32{gguf}
)
{pooling}{load_weights}
tokenizer = AutoTokenizer.from_pretrained(backbone{gguf})
scores = model.eval()(**tokenizer("What a film!", return_tensors="pt")).logits.softmax(-1)"""
_ADAPTER = {
    "import_weights": "from peft import PeftModel",
    "load_weights": "model = PeftModel.from_pretrained(model, folder)",
}
_HEAD = {
    "import_weights": "from safetensors.torch import load_file",
    "load_weights": 'model.load_state_dict(load_file(f"{folder}/head.safetensors"), strict=False)',
}
_MEAN = """

def mean_everywhere(module, args, kwargs, output):
    mask = kwargs["attention_mask"][..., None]
    states = output.last_hidden_state
    mean = (states * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    output.last_hidden_state = mean.expand_as(states)
    if getattr(output, "pooler_output", None) is not None:
        output.pooler_output = mean[:, 0]
    return output


# this head was trained on the mean of all tokens, not on one of them
body = getattr(model, model.base_model_prefix)
body.register_forward_hook(mean_everywhere, with_kwargs=True)
"""
_WHOLE_USAGE = """\
from transformers import pipeline

ask = pipeline("text-classification", model="{name}", top_k=None)  # run this beside the folder
scores = ask("What a film!")"""


def _gguf_argument(backbone: str) -> str:
    """Return the argument by which transformers reads a backbone that is a GGUF file."""
    folders = (BUNDLED / backbone, trained_directory() / backbone)
    files = [path.name for folder in folders for path in sorted(folder.glob("*.gguf"))]
    return f', gguf_file="{files[0]}"' if files else ""


def usage_code(folder: Path, run: dict[str, Any]) -> str:
    """Return the code in the model card that loads `folder`; `run` is its `run.json`."""
    if run["recipe"]["tuning"] in FULL_WEIGHTS:
        return _WHOLE_USAGE.format(name=folder.name)
    weights = _ADAPTER if (folder / ADAPTER_FILE).is_file() else _HEAD
    return _USAGE.format(
        name=folder.name,
        backbone=run["backbone"]["name"],
        gguf=_gguf_argument(run["backbone"]["name"]),
        pooling=_MEAN if run["recipe"]["pooling"] == "mean" else "",
        **weights,
    )
