"""Fine-tuning setups: heads, LoRA and frozen layers on a backbone, and parameter counts."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.pytorch_utils import Conv1D

from sentiment.errors import RecipeError
from sentiment.labels import ID2LABEL
from sentiment.models.backbones import Backbone, find_pad_id, load_config
from sentiment.models.catalogue import resolve_model
from sentiment.paths import CONFIGS
from sentiment.recipes import FULL_WEIGHTS, Pooling, Recipe
from sentiment.runtime.files import read_json
from sentiment.runtime.hardware import move_to

Network = PreTrainedModel | PeftModel


@dataclass(frozen=True)
class ParameterCount:
    """Numbers of parameters: of the backbone, with head, in total and trainable."""

    backbone: int
    with_head: int  # backbone and head, without LoRA
    total: int
    trainable: int

    @property
    def share(self) -> float:
        """Return the share of trainable parameters, 0 to 1."""
        return self.trainable / self.total


def build_empty(
    config: PreTrainedConfig,
    *,
    pad_id: int,
    layer: int | None = None,
    labels: Mapping[int, str] = ID2LABEL,
) -> PreTrainedModel:
    """Build the classifier of `config` on the meta device, without parameters.

    Args:
        layer: number of layers, counted from the lowest, by default all.

    Raises:
        RecipeError: transformers has no sequence classification model for it, or it has fewer
            layers.
    """
    config = copy.deepcopy(config)
    _drop_layers(config, layer)
    config.num_labels = len(labels)
    config.id2label = dict(labels)
    config.label2id = {name: number for number, name in labels.items()}
    config.pad_token_id = pad_id
    config.use_cache = False  # no generation
    config.dtype = torch.float32
    try:
        with torch.device("meta"):
            network = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    except ValueError as error:
        raise RecipeError(f"There is no classifier for {config.model_type!r} models.") from error
    config.architectures = [type(network).__name__]
    network.config.architectures = config.architectures
    return network


def build_network(
    backbone: Backbone,
    *,
    pooling: Pooling = "native",
    layer: int | None = None,
    is_shared: bool = True,
    labels: Mapping[int, str] = ID2LABEL,
) -> PreTrainedModel:
    """Build a classifier on `backbone` with a randomly initialized head.

    The head is initialized from torch's global generator; seed it first.

    Args:
        pooling: `native` is that of the architecture: the first token of an encoder, the last one
            of a decoder; `mean` is mean pooling over the tokens.
        layer: the layer that the head reads, counted from 1, by default the last. Those above it
            are dropped; the normalization that ends the backbone follows it.
        is_shared: share the backbone's parameters; else copy them.
        labels: names of the labels by number, one output each.

    Raises:
        RecipeError: the head needs a pooler that is missing in the backbone, or `layer` is above
            its last one.
    """
    config = backbone.model.config
    pad_id = find_pad_id(config, backbone.tokenizer)
    network = build_empty(config, pad_id=pad_id, layer=layer, labels=labels)
    reads_pooler = getattr(getattr(network, network.base_model_prefix), "pooler", None) is not None
    if backbone.lacks_pooler and reads_pooler and pooling == "native":
        raise RecipeError(
            f"The head of {type(network).__name__} reads a pooler, which {backbone.name} does not "
            f"hold: it would be random. Add --pooling mean, or take another backbone."
        )
    body = backbone.shared_model() if is_shared else copy.deepcopy(backbone.model)
    setattr(network, network.base_model_prefix, body)
    if layer is not None:
        layers = find_layers(network)
        owner, name = find_owner(body, layers)
        setattr(owner, name, layers[:layer])
        body.config = _drop_layers(copy.deepcopy(body.config), layer)
    for module in head_modules(network).values():
        module.to_empty(device="cpu")
        for part in module.modules():
            network._init_weights(part)
    move_to(network, backbone.device)
    if pooling == "mean":
        body.register_forward_hook(_mean_pooling_hook, with_kwargs=True)
    return network.eval()


def _drop_layers(config: PreTrainedConfig, layer: int | None) -> PreTrainedConfig:
    """Change `config` in place to that of the network without the layers above `layer`.

    Raises:
        RecipeError: there are fewer layers.
    """
    if layer is None:
        return config
    depth = int(config.num_hidden_layers)
    if layer > depth:
        raise RecipeError(
            f"layer is {layer}, but the backbone ({config.model_type}) has {depth} layers. Give 1 "
            f"to {depth}."
        )
    config.num_hidden_layers = layer
    if getattr(config, "layer_types", None):  # of Gemma, which mixes two kinds of attention
        config.layer_types = config.layer_types[:layer]
    return config


def _mean_pooling_hook(_body: nn.Module, _args: Any, kwargs: Any, output: Any) -> Any:
    """Replace all hidden states and the pooler output by the mean over the real tokens."""
    states = output.last_hidden_state  # (batch, tokens, width)
    mean = mean_pool(states, kwargs["attention_mask"])
    output.last_hidden_state = mean[:, None].expand_as(states)
    if getattr(output, "pooler_output", None) is not None:
        output.pooler_output = mean
    return output


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Average over real tokens, (batch, tokens, width) and (batch, tokens) to (batch, width)."""
    weights = mask[..., None].to(states.dtype)  # (batch, tokens, 1)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)


def pooled_state(network: PreTrainedModel, output: Any, mask: Tensor) -> Tensor:
    """Pool the `output` of the base model as the head of `network` does, (batch, width).

    It is the pooler output if there is one, else the state of the last real token in a decoder and
    of the first token in an encoder; with the mean pooling hook, it is the mean.
    """
    pooler = getattr(output, "pooler_output", None)
    if pooler is not None:
        return cast(Tensor, pooler)
    states = output.last_hidden_state
    if not hasattr(network, "score"):  # transformers' name for the head of every decoder
        return cast(Tensor, states[:, 0])
    return last_state(states, mask)


def last_state(states: Tensor, mask: Tensor) -> Tensor:
    """Pick the state of the last real token, (batch, tokens, width) to (batch, width)."""
    last = mask.shape[1] - 1 - mask.flip(1).argmax(dim=1)
    return states[torch.arange(len(states), device=states.device), last]


def head_modules(network: PreTrainedModel) -> dict[str, nn.Module]:
    """Find the modules of the head, by name."""
    return {
        name: module
        for name, module in network.named_children()
        if name != network.base_model_prefix and any(True for _ in module.parameters())
    }


def head_state(network: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Collect the state dict of the head, with the names of the whole model."""
    return {
        f"{name}.{key}": value.detach().clone().contiguous()
        for name, module in head_modules(network).items()
        for key, value in module.state_dict().items()
    }


def apply_tuning(network: PreTrainedModel, recipe: Recipe) -> Network:
    """Freeze and extend `network` for `recipe`; seed torch first, for new random parameters.

    Raises:
        RecipeError: the model has no layers of the LoRA targets' names, or too few layers.
    """
    network.requires_grad_(recipe.tuning in FULL_WEIGHTS)
    if recipe.dropout is not None:
        _set_dropout(getattr(network, network.base_model_prefix), recipe.dropout)
    match recipe.tuning:
        case "full":
            return network
        case "partial":
            _freeze_lower(network, recipe.freeze_layers)
            return network
        case "head":
            for module in head_modules(network).values():
                module.requires_grad_(True)
            _disable_dropout(getattr(network, network.base_model_prefix))
            return network
        case "lora":
            config = LoraConfig(
                task_type=TaskType.SEQ_CLS,
                r=recipe.lora_rank,
                lora_alpha=recipe.lora_alpha,
                lora_dropout=recipe.lora_dropout,
                target_modules=list(recipe.lora_targets),
                modules_to_save=list(head_modules(network)),
                fan_in_fan_out=_has_transposed(network, recipe.lora_targets),
            )
            try:
                return get_peft_model(network, config)
            except ValueError as error:
                linears = sorted(
                    {
                        name.rsplit(".", 1)[-1]
                        for name, module in network.named_modules()
                        if isinstance(module, nn.Linear | Conv1D)
                    }
                )
                raise RecipeError(
                    f"No layer of {recipe.backbone!r} is called {', '.join(recipe.lora_targets)}. "
                    f"Linear layers found: {', '.join(linears)}."
                ) from error
    raise RecipeError(f"Unknown tuning {recipe.tuning!r}.")


def _freeze_lower(network: PreTrainedModel, count: int) -> None:
    """Freeze the embeddings and the lowest `count` layers.

    Raises:
        RecipeError: no layer would be left to train.
    """
    body = getattr(network, network.base_model_prefix)
    layers = find_layers(network)
    depth = len(layers)
    if count >= depth:
        raise RecipeError(
            f"freeze_layers is {count}, but {body.config.model_type} has {depth} layers. Freeze "
            f"{depth - 1} at most, or train the head only."
        )
    for module in itertools.chain(_embedding_modules(body, layers), layers[:count]):
        module.requires_grad_(False)
        _disable_dropout(module)


def find_layers(network: PreTrainedModel) -> nn.ModuleList:
    """Find the layers of the backbone of `network`, the lowest first."""
    body = getattr(network, network.base_model_prefix)
    depth = body.config.num_hidden_layers
    return next(
        module
        for module in body.modules()
        if isinstance(module, nn.ModuleList) and len(module) == depth
    )


def find_owner(network: nn.Module, layers: nn.Module) -> tuple[nn.Module, str]:
    """Find the module in `network` that holds `layers`, and the name of its attribute."""
    return next(
        (module, name)
        for module in network.modules()
        for name, child in module.named_children()
        if child is layers
    )


def _embedding_modules(body: nn.Module, layers: nn.Module) -> Iterator[nn.Module]:
    """Find the modules of `body` that precede `layers`: its embeddings."""
    for module in body.children():
        if any(part is layers for part in module.modules()):
            return
        yield module


def _has_transposed(network: nn.Module, targets: Sequence[str]) -> bool:
    """Return whether a target stores its weight transposed, as GPT-2's Conv1D does."""
    return any(
        isinstance(module, Conv1D) and name.rsplit(".", 1)[-1] in targets
        for name, module in network.named_modules()
    )


def _disable_dropout(backbone: nn.Module) -> None:
    """Disable dropout in a frozen backbone."""
    _set_dropout(backbone, 0.0)


def _set_dropout(backbone: nn.Module, p: float) -> None:
    module: Any  # both kinds store the probability as an attribute
    for module in backbone.modules():
        if isinstance(module, nn.Dropout):
            module.p = p
        if isinstance(getattr(module, "attention_dropout", None), float):  # Llama and Gemma
            module.attention_dropout = p


def plain_network(network: Network) -> PreTrainedModel:
    """Return the transformers model inside `network`, adapter layers included."""
    return (
        cast(PreTrainedModel, network.get_base_model())
        if isinstance(network, PeftModel)
        else network
    )


def count_parameters(network: Network) -> ParameterCount:
    """Count the parameters; peft's copy of the untrained head is left out."""
    named = {
        name: parameter
        for name, parameter in network.named_parameters()
        if ".original_module." not in name
    }
    plain = plain_network(network)
    body = getattr(plain, plain.base_model_prefix)
    total = sum(p.numel() for p in named.values())
    return ParameterCount(
        backbone=sum(p.numel() for name, p in body.named_parameters() if ".lora_" not in name),
        with_head=total - sum(p.numel() for name, p in named.items() if ".lora_" in name),
        total=total,
        trainable=sum(p.numel() for p in named.values() if p.requires_grad),
    )


def find_config(backbone: str) -> PreTrainedConfig:
    """Find the configuration of a backbone: a bundled one, else that of its folder.

    Raises:
        CheckpointError: there is none, or it cannot be used.
    """
    path = CONFIGS / f"{backbone.replace('/', '--')}.json"
    if path.is_file():
        return AutoConfig.for_model(**read_json(path))
    return load_config(resolve_model(backbone))


def count_for(recipe: Recipe) -> ParameterCount:
    """Count the parameters of `recipe`, in all and trainable.

    Raises:
        CheckpointError: its backbone has no usable configuration.
        RecipeError: its tuning does not fit the backbone.
    """
    return count_parameters(
        apply_tuning(
            build_empty(find_config(recipe.backbone), pad_id=0, layer=recipe.layer), recipe
        )
    )


def account(recipe: Recipe) -> dict[str, Any]:
    """Build the recipe's entry for `train --list --json`; a share is between 0 and 1."""
    count = count_for(recipe)
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "backbone": recipe.backbone,
        "tuning": recipe.tuning,
        "data": recipe.dataset,
        "parameters": {
            "backbone": count.backbone,
            "with_head": count.with_head,
            "total": count.total,
            "trainable": count.trainable,
            "share": count.share,
        },
    }
