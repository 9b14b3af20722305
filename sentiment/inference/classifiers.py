"""Building of classifiers from networks in memory: zero-shot, adapted and whole ones."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.method import Method
from sentiment.models.backbones import Backbone, find_pad_id, load_tokenizer
from sentiment.models.catalogue import ADAPTER_FILE, snapshot_commit, weights_hash
from sentiment.models.checkpoints import load_adapted, load_whole
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.forward import build_forward
from sentiment.models.input_limits import check_vocabulary, find_max_length
from sentiment.models.label_names import Polarity, read_label_names, read_polarities
from sentiment.models.readout import describe_contradiction, find_readout
from sentiment.models.tuning import Network, plain_network
from sentiment.runtime.hardware import move_to
from sentiment.zero_shot.demonstrations import Demonstrations
from sentiment.zero_shot.methods import build_zero_shot
from sentiment.zero_shot.templates import Template

logger = logging.getLogger(__name__)


def build_prompted(
    backbone: Backbone,
    template: str | Template | None,
    name: str,
    demonstrations: Demonstrations | None = None,
) -> NetworkClassifier:
    """Build the zero-shot classifier of `backbone`; with demonstrations, the few-shot one.

    Raises:
        CheckpointError: it has no zero-shot method.
        RecipeError: the template does not exist or does not fit the backbone, or it cannot be
            given demonstrations.
        InputError: the demonstrations leave no room for a text.
    """
    config, tokenizer = backbone.model.config, backbone.tokenizer
    check_vocabulary(name, backbone.model, tokenizer)
    pad_id = find_pad_id(config, tokenizer)
    zero_shot = build_zero_shot(
        backbone,
        max_length=find_max_length(backbone.model),
        pad_id=pad_id,
        template=template,
        demonstrations=demonstrations,
    )
    return NetworkClassifier(
        name=name,
        kind="few-shot" if demonstrations else "zero-shot",
        backbone=backbone.name,
        method=zero_shot.method,
        weights_hash=backbone.weights_hash,
        tokenizer=tokenizer,
        encode=zero_shot.encode,
        logits=zero_shot.logits,
        pad_id=pad_id,
        device=backbone.device,
        label_tokens=zero_shot.label_tokens,
        embedding=(zero_shot.network or backbone.model).get_input_embeddings(),
        revision=backbone.revision,
    )


def build_adapted(
    name: str, folder: Path, backbone: Backbone, *, labels: Sequence[Polarity] = ()
) -> NetworkClassifier:
    """Build the classifier of the adapter or head in `folder` on `backbone`.

    Args:
        labels: the polarity of each label, where the user says it.

    Raises:
        CheckpointError: the adapter or head cannot be loaded, or its labels are unknown.
    """
    network = load_adapted(folder, backbone)
    has_tokenizer = any(folder.glob("tokenizer*")) or any(folder.glob("*vocab*"))
    tokenizer = load_tokenizer(folder) if has_tokenizer else backbone.tokenizer
    is_adapter = (folder / ADAPTER_FILE).is_file()
    return _build_headed(
        name,
        folder,
        network,
        tokenizer,
        method=Method(kind="lora" if is_adapter else "head", labels=tuple(labels)),
        backbone=backbone.name,
    )


def build_whole(
    name: str, folder: Path, device: str, *, backbone: str, labels: Sequence[Polarity] = ()
) -> NetworkClassifier:
    """Build the classifier of the complete network in `folder`.

    Args:
        backbone: what it was trained from, its own name if that is unknown.
        labels: the polarity of each label, where the user says it.

    Raises:
        CheckpointError: it cannot be loaded, or its labels are unknown or about something else.
    """
    network = load_whole(folder, name)
    tokenizer = load_tokenizer(folder)
    move_to(network, device)
    method = Method(kind="full", labels=tuple(labels))
    return _build_headed(name, folder, network, tokenizer, method=method, backbone=backbone)


def _build_headed(
    name: str,
    folder: Path,
    network: Network,
    tokenizer: PreTrainedTokenizerBase,
    *,
    method: Method,
    backbone: str,
) -> NetworkClassifier:
    """Build the classifier of a network with a head, and find out what its outputs mean."""
    plain = plain_network(network)
    config = plain.config
    check_vocabulary(name, plain, tokenizer)
    config.pad_token_id = pad_id = find_pad_id(config, tokenizer)
    encode = TextEncoder(tokenizer, find_max_length(plain))
    forward = build_forward(network, tokenizer)

    @torch.inference_mode()
    def outputs(texts: Sequence[str]) -> Tensor:
        ids, mask = pad([text.ids for text in encode(texts)], pad_id=pad_id)
        return forward(ids.to(plain.device), mask.to(plain.device))

    names = tuple(name for _, name in sorted(read_label_names(config.to_dict()).items()))
    readout = find_readout(
        name, names, outputs, problem_type=config.problem_type, given=method.labels
    )
    if method.labels:
        contradiction = describe_contradiction(names, readout.polarities)
        if contradiction:
            logger.warning(
                "--labels contradicts the names that %s gives its labels, and is used as asked: %s",
                name,
                contradiction,
            )
    elif read_polarities(names) is None:
        meaning = ", ".join(map(" = ".join, zip(names, readout.polarities, strict=True)))
        logger.warning("%s has labels of unknown names; probe sentences say: %s", name, meaning)
    return NetworkClassifier(
        name=name,
        kind="fine-tuned",
        backbone=backbone,
        method=method,
        weights_hash=weights_hash(folder),
        tokenizer=tokenizer,
        logits=lambda ids, mask: readout(forward(ids, mask)),
        encode=encode,
        pad_id=pad_id,
        device=plain.device,
        readout=readout,
        labels=names,
        network=network,
        embedding=network.get_input_embeddings(),
        revision=snapshot_commit(folder),
    )
