"""Contrastive fine-tuning of a sentence encoder on few labelled texts (SetFit).

Pairs of texts are drawn; the encoder learns a cosine similarity of 1 for texts of the same label
and 0 for others, and logistic regression is fitted on its normalized embeddings (Tunstall et al.
2022, "Efficient Few-Shot Learning Without Prompts").
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from transformers import PreTrainedModel, get_linear_schedule_with_warmup, set_seed

from sentiment.data.examples import Examples
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import TextEncoder, pad, token_batches
from sentiment.models.input_limits import find_max_length
from sentiment.models.tuning import mean_pool


@dataclass(frozen=True)
class ContrastiveSettings:
    """Hyperparameters; the defaults are SetFit's, with fewer pairs from 25 texts on."""

    pairs_per_text: int = 40  # half of them of texts of the same label
    max_steps: int = 60
    batch_size: int = 16  # pairs
    learning_rate: float = 2e-5
    warmup: float = 0.1  # share of the steps
    max_length: int = 128  # tokens

    def steps(self, n: int) -> int:
        """Return the optimizer steps for `n` texts."""
        return min(self.max_steps, -(-n * self.pairs_per_text // self.batch_size))


def predict_contrastive(
    backbone: Backbone,
    train: Examples,
    texts: Sequence[str],
    *,
    seed: int,
    settings: ContrastiveSettings | None = None,
) -> np.ndarray:
    """Train a copy of `backbone` on `train`; return the probabilities of `texts`, (n,) float64.

    Args:
        train: at least two texts of each label.
    """
    settings = settings or ContrastiveSettings()
    set_seed(seed)
    network = copy.deepcopy(backbone.model).requires_grad_(True)
    longest = find_max_length(network, most=settings.max_length)
    encode = TextEncoder(backbone.tokenizer, longest)
    pad_id = find_pad_id(network.config, backbone.tokenizer)
    ids = [text.ids for text in encode(train.texts)]
    _train_encoder(network, ids, train.labels, pad_id, seed, settings)
    scored = [text.ids for text in encode(texts)]
    fitted, features = (_embed_all(network, part, pad_id) for part in (ids, scored))
    regression = LogisticRegression(max_iter=1000).fit(fitted, train.labels)
    return np.asarray(regression.predict_proba(features)[:, POSITIVE], dtype=np.float64)


def draw_pairs(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `count` pairs of different positions, (count, 2): same label and other in turn."""
    places = [np.flatnonzero(labels == label) for label in (NEGATIVE, POSITIVE)]
    pairs = np.empty((count, 2), dtype=np.int64)
    for i in range(count):
        first = rng.integers(2)
        if i % 2:
            pairs[i] = rng.choice(places[first]), rng.choice(places[1 - first])
        else:
            pairs[i] = rng.choice(places[first], size=2, replace=False)
    return pairs


def _train_encoder(
    network: PreTrainedModel,
    ids: Sequence[Sequence[int]],
    labels: np.ndarray,
    pad_id: int,
    seed: int,
    settings: ContrastiveSettings,
) -> None:
    """Train all weights of `network` in place on pairs."""
    steps = settings.steps(len(ids))
    pairs = draw_pairs(labels, steps * settings.batch_size, np.random.default_rng(seed))
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate)
    schedule = get_linear_schedule_with_warmup(optimizer, round(settings.warmup * steps), steps)
    network.train()
    for step in range(steps):
        batch = pairs[step * settings.batch_size :][: settings.batch_size]
        embeddings = _embed(network, [ids[i] for i in batch.T.flatten()], pad_id)
        first, second = embeddings.chunk(2)
        same = torch.from_numpy(labels[batch[:, 0]] == labels[batch[:, 1]]).float()
        loss = nn.functional.mse_loss((first * second).sum(dim=-1), same.to(first.device))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    network.eval()


def _embed(network: PreTrainedModel, ids: Sequence[Sequence[int]], pad_id: int) -> Tensor:
    """Compute the normalized mean of the last hidden states, (texts, width)."""
    padded, mask = (part.to(network.device) for part in pad(ids, pad_id=pad_id))
    states = network(input_ids=padded, attention_mask=mask).last_hidden_state
    return nn.functional.normalize(mean_pool(states, mask), dim=-1)


@torch.no_grad()
def _embed_all(network: PreTrainedModel, ids: Sequence[Sequence[int]], pad_id: int) -> np.ndarray:
    """Compute the embeddings of all texts, (texts, width) float32."""
    embeddings = np.empty((len(ids), network.config.hidden_size), dtype=np.float32)
    for batch in token_batches([len(text) for text in ids]):
        embeddings[batch] = _embed(network, [ids[i] for i in batch], pad_id).cpu().numpy()
    return embeddings
