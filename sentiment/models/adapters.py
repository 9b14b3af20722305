"""Parts of an adapter besides LoRA: classification head, label names and resized embeddings.

peft saves the head only if the adapter was configured so. If neither its files nor those of the
backbone hold the head, its weights would be random, so the adapter is refused.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers import PreTrainedModel

from sentiment.errors import CheckpointError
from sentiment.labels import ID2LABEL
from sentiment.models.backbones import Backbone
from sentiment.models.catalogue import RUN_FILE
from sentiment.models.label_names import check_label_names, is_unnamed, read_label_names
from sentiment.models.tuning import build_empty, head_state
from sentiment.models.weights import advise_training, check_complete
from sentiment.runtime.files import read_json

_PREFIX = "base_model.model."  # peft adds it to the names of the weights
_WRAPPERS = (".modules_to_save.default", ".modules_to_save", ".base_layer")


def plain_name(name: str) -> str:
    """Convert the name of a weight in an adapter's file to its name in the model without peft."""
    name = name.removeprefix(_PREFIX)
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def find_head(state: dict[str, Tensor], backbone: Backbone) -> dict[str, Tensor]:
    """Find the trained head for an adapter: its own, else that of the backbone's classifier.

    Args:
        state: of the adapter's file.

    Returns:
        the weights by their names in the model; some or all are missing where there is no head
    """
    names = set(head_state(build_empty(backbone.model.config, pad_id=0)))
    weights = {plain_name(name): value for name, value in state.items()}
    head = {name: weights[name] for name in names & weights.keys()}
    architecture = str((backbone.model.config.architectures or [""])[0])
    if not architecture.endswith("ForSequenceClassification"):
        return head
    for path in sorted(backbone.folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in (names & set(file.keys())) - head.keys():
                head[name] = file.get_tensor(name).float()
    return head


def read_labels(folder: Path, backbone: Backbone, head: dict[str, Tensor]) -> dict[int, str]:
    """Read the labels of an adapter: those beside it, else those of the backbone's classifier.

    Names beside it that say nothing, such as `LABEL_0`, give way to those of the backbone.

    Args:
        head: from `find_head`.

    Raises:
        CheckpointError: the head has another number of outputs than there are labels, or two
            names of a label contradict each other.
    """
    if (folder / RUN_FILE).is_file():
        return dict(ID2LABEL)
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    check_label_names(folder.name, config)
    named = read_label_names(config)
    outputs = min((len(value) for value in head.values() if value.dim() > 1), default=2)
    if named and len(named) != outputs:
        raise CheckpointError(
            f"{folder.name}: its head has {outputs} outputs, and its config.json names "
            f"{len(named)} labels ({', '.join(named.values())}). Correct id2label in config.json."
        )
    if is_unnamed(list(named.values())):  # or there are none
        named = read_label_names(backbone.model.config.to_dict())
    if len(named) != outputs:
        named = {number: f"LABEL_{number}" for number in range(outputs)}
    return named


def load_head(
    network: PreTrainedModel, head: dict[str, Tensor], name: str, backbone: Backbone
) -> None:
    """Load a head into `network`, which was built on `backbone`.

    Raises:
        CheckpointError: weights are missing, which would stay random.
    """
    is_zero_shot = backbone.zero_shot_method is not None
    advice = advise_training(backbone.name, is_zero_shot=is_zero_shot)
    check_complete(name, network, head_state(network).keys() - head.keys(), advice=advice)
    network.load_state_dict(head, strict=False)


def load_embedding(network: PreTrainedModel, state: dict[str, Tensor]) -> set[str]:
    """Give `network` the input embedding of an adapter that holds one, such as for added tokens.

    It replaces the module, because the parameters of the backbone's embedding are shared.

    Returns:
        the name of its weight in the model, if there is one
    """
    old = network.get_input_embeddings()
    name = next(key for key, module in network.named_modules() if module is old)
    weight = {plain_name(key): value for key, value in state.items()}.get(f"{name}.weight")
    if weight is None or not isinstance(old, nn.Embedding):
        return set()
    rows, width = weight.shape
    new = nn.Embedding(rows, width, padding_idx=old.padding_idx, device=old.weight.device)
    with torch.no_grad():
        new.weight.copy_(weight)
    new.requires_grad_(False)
    network.set_input_embeddings(new.eval())
    network.config.vocab_size = len(weight)
    return {f"{name}.weight"}
