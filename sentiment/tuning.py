"""How a recipe changes a backbone: which weights are added, which are frozen, which are trained."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from sentiment.backbones import Backbone
from sentiment.errors import RecipeError
from sentiment.labels import ID2LABEL, LABEL2ID
from sentiment.recipes import Pooling, Recipe

Network = PreTrainedModel | PeftModel


@dataclass(frozen=True)
class ParameterCount:
    """Numbers of weights: of the backbone alone, with everything added, and trained."""

    backbone: int
    total: int
    trainable: int

    @property
    def share(self) -> float:
        """Trained share of all weights, 0 to 1."""
        return self.trainable / self.total


def build_network(backbone: Backbone, *, pooling: Pooling = "native") -> PreTrainedModel:
    """A two-label classifier on `backbone`: its weights are shared, the head is new and random.

    The head is drawn from torch's global generator; seed it first.

    Args:
        pooling: `native` leaves the architecture as it is; `mean` hands the head the average of
            the text's tokens, which is what a sentence encoder was trained to make good use of.
    """
    config = copy.deepcopy(backbone.model.config)
    config.num_labels = len(ID2LABEL)
    config.id2label, config.label2id = dict(ID2LABEL), dict(LABEL2ID)
    config.pad_token_id = backbone.tokenizer.pad_token_id
    config.dtype = torch.float32
    with torch.device("meta"):  # only the head is made real; the backbone exists already
        network = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    config.architectures = [type(network).__name__]
    setattr(network, network.base_model_prefix, backbone.shared_model())
    for module in head_modules(network).values():
        module.to_empty(device="cpu")
        for part in module.modules():
            network._init_weights(part)
    if pooling == "mean":
        body = getattr(network, network.base_model_prefix)
        body.register_forward_hook(_mean_in_first_place, with_kwargs=True)
    return network.eval()


def _mean_in_first_place(_body: nn.Module, _args: Any, kwargs: Any, output: Any) -> Any:
    """Put the mean over real tokens where the head looks for the state of the first token.

    The head of DistilBERT reads `last_hidden_state[:, 0]` and nothing else of the output.
    """
    states = output.last_hidden_state  # (batch, tokens, width)
    mask = kwargs["attention_mask"][..., None].to(states.dtype)  # (batch, tokens, 1)
    mean = (states * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)
    output.last_hidden_state = torch.cat([mean, states[:, 1:]], dim=1)
    return output


def head_modules(network: PreTrainedModel) -> dict[str, nn.Module]:
    """The modules with weights that stand outside the backbone, by name."""
    return {
        name: module
        for name, module in network.named_children()
        if name != network.base_model_prefix and any(True for _ in module.parameters())
    }


def head_state(network: PreTrainedModel) -> dict[str, torch.Tensor]:
    """The head's weights under the names they have in the whole network."""
    return {
        f"{name}.{key}": value.detach().clone().contiguous()
        for name, module in head_modules(network).items()
        for key, value in module.state_dict().items()
    }


def apply_tuning(network: PreTrainedModel, recipe: Recipe) -> Network:
    """Freeze and extend `network` as `recipe` says. Seed torch first: new weights are random.

    Raises:
        RecipeError: the LoRA targets do not occur in the network.
    """
    network.requires_grad_(False)
    match recipe.tuning:
        case "head":
            for module in head_modules(network).values():
                module.requires_grad_(True)
            _make_deterministic(getattr(network, network.base_model_prefix))
            return network
        case "lora":
            config = LoraConfig(
                task_type=TaskType.SEQ_CLS,
                r=recipe.lora_rank,
                lora_alpha=recipe.lora_alpha,
                lora_dropout=recipe.lora_dropout,
                target_modules=list(recipe.lora_targets),
                modules_to_save=list(head_modules(network)),
            )
            try:
                return get_peft_model(network, config)
            except ValueError as error:
                linears = sorted(
                    {
                        name.rsplit(".", 1)[-1]
                        for name, module in network.named_modules()
                        if isinstance(module, nn.Linear)
                    }
                )
                raise RecipeError(
                    f"No layer of {recipe.backbone!r} is called {', '.join(recipe.lora_targets)}. "
                    f"Linear layers found: {', '.join(linears)}."
                ) from error
    raise RecipeError(f"Unknown tuning {recipe.tuning!r}.")


def _make_deterministic(backbone: nn.Module) -> None:
    """Turn dropout off in a frozen backbone: its features are constants, noise teaches nothing."""
    for module in backbone.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def plain_network(network: Network) -> PreTrainedModel:
    """The transformers model inside `network`, adapter layers included."""
    return (
        cast(PreTrainedModel, network.get_base_model())
        if isinstance(network, PeftModel)
        else network
    )


def count_parameters(network: Network) -> ParameterCount:
    """Count weights once each; the untrained head that peft keeps aside is left out."""
    named = {
        name: parameter
        for name, parameter in network.named_parameters()
        if ".original_module." not in name
    }
    plain = plain_network(network)
    body = getattr(plain, plain.base_model_prefix)
    return ParameterCount(
        backbone=sum(p.numel() for name, p in body.named_parameters() if ".lora_" not in name),
        total=sum(p.numel() for p in named.values()),
        trainable=sum(p.numel() for p in named.values() if p.requires_grad),
    )
