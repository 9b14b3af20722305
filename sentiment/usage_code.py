"""The lines with which plain transformers and peft load a checkpoint, without this project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentiment.catalogue import ADAPTER_FILE
from sentiment.recipes import WHOLE

_USAGE = """\
import torch
{import_weights}
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

folder, backbone = "{name}", "{backbone}"  # run this beside the two folders
config = AutoConfig.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(
    backbone, config=config, dtype=torch.float32
)
{load_weights}
{pooling}tokenizer = AutoTokenizer.from_pretrained(folder)
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


def usage_code(folder: Path, run: dict[str, Any]) -> str:
    """Code that asks the checkpoint in `folder`, to stand in its card; `run` is its `run.json`."""
    if run["recipe"]["tuning"] in WHOLE:
        return _WHOLE_USAGE.format(name=folder.name)
    weights = _ADAPTER if (folder / ADAPTER_FILE).is_file() else _HEAD
    return _USAGE.format(
        name=folder.name,
        backbone=run["backbone"]["name"],
        pooling=_MEAN if run["recipe"]["pooling"] == "mean" else "",
        **weights,
    )
