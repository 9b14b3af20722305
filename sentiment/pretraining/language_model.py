"""Language modelling of a miniature decoder: model, optimizer, training step and saved states.

The order of the blocks depends on the seed only and there is no dropout, so that a resumed run
gives the same result as an uninterrupted one.
"""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from sentiment.errors import CheckpointError, TrainingError
from sentiment.pretraining.corpus import Corpus
from sentiment.pretraining.miniatures import Budget, Miniature
from sentiment.runtime.files import write_atomically
from sentiment.runtime.hardware import choose_precision, move_to

logger = logging.getLogger(__name__)

STATE_FILE = "state.pt"
PREVIOUS_FILE = "state.previous.pt"
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass
class Progress:
    """Progress of a run; part of its state."""

    step: int = 0
    seconds: float = 0.0
    evaluations: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def build_language_model(miniature: Miniature) -> PreTrainedModel:
    """Build the decoder of `miniature`, randomly initialized from its seed.

    The padding token also precedes every document, so that its embedding is initialized and trained
    like any other; transformers' Llama would keep it at zero.
    """
    torch.manual_seed(miniature.seed)
    model = _build_model(miniature)
    embedding = cast(torch.nn.Embedding, model.get_input_embeddings())
    embedding.padding_idx = None
    with torch.no_grad():
        embedding.weight[0].normal_(std=model.config.initializer_range)
    return model


def _build_model(miniature: Miniature) -> PreTrainedModel:
    shared: dict[str, Any] = {
        "vocab_size": miniature.vocabulary,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
        "tie_word_embeddings": True,
    }
    match miniature.architecture:
        case "gpt2":
            return GPT2LMHeadModel(
                GPT2Config(
                    n_embd=miniature.hidden_size,
                    n_layer=miniature.layers,
                    n_head=miniature.heads,
                    n_inner=miniature.intermediate_size,
                    n_positions=miniature.context,
                    resid_pdrop=0.0,
                    embd_pdrop=0.0,
                    attn_pdrop=0.0,
                    **shared,
                )
            )
        case "llama":
            return LlamaForCausalLM(
                LlamaConfig(
                    hidden_size=miniature.hidden_size,
                    num_hidden_layers=miniature.layers,
                    num_attention_heads=miniature.heads,
                    num_key_value_heads=miniature.heads,
                    intermediate_size=miniature.intermediate_size,
                    max_position_embeddings=miniature.context,
                    **shared,
                )
            )


class LanguageModelling:
    """A pretraining run: model, optimizer and progress."""

    def __init__(
        self, miniature: Miniature, corpus: Corpus, budget: Budget, *, is_compiled: bool = False
    ) -> None:
        self.miniature, self.corpus, self.budget = miniature, corpus, budget
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.precision = choose_precision()
        self.model = build_language_model(miniature)
        move_to(self.model, self.device)
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() < 2]  # norms and biases
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": miniature.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=miniature.learning_rate,
            betas=miniature.betas,
            fused=True,
        )
        # Only fp16 needs gradient scaling; otherwise the scaler is disabled.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        self.progress = Progress()
        self._loss = torch.compile(self._eager_loss) if is_compiled else self._eager_loss

    @property
    def tokens(self) -> int:
        """Return the number of training tokens so far."""
        return self.progress.step * self.miniature.tokens_per_step

    @property
    def epochs(self) -> float:
        """Return the number of epochs over the corpus."""
        return self.progress.step * self.miniature.sequences_per_step / len(self.corpus.train)

    @property
    def spent(self) -> float:
        """Return the used share of the budget."""
        return self.budget.spent(seconds=self.progress.seconds, tokens=self.tokens)

    def _eager_loss(self, ids: Tensor) -> Tensor:
        """Compute the mean negative log-likelihood per token, nats, of `ids` (batch, context)."""
        dtype = _DTYPES.get(self.precision, torch.float32)
        with torch.autocast(self.device.type, dtype, enabled=self.precision != "fp32"):
            logits = self.model(input_ids=ids, use_cache=False).logits[:, :-1]
        return torch.nn.functional.cross_entropy(
            logits.float().reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1)
        )

    def learning_rate(self) -> float:
        """Compute the learning rate: linear warm-up and cosine decay to the final one."""
        settings = self.miniature
        warmup = min(1.0, (self.tokens + settings.tokens_per_step) / settings.warmup_tokens)
        decay = 0.5 * (1 + math.cos(math.pi * self.spent))
        final = settings.final_learning_rate
        return warmup * (final + (settings.learning_rate - final) * decay)

    def _block(self, step: int) -> Tensor:
        """Select the sequences of one step, (batch, context), in the order of its epoch."""
        size, count = self.miniature.sequences_per_step, len(self.corpus.train)
        positions = range(step * size, (step + 1) * size)
        rows = [self._order(position // count)[position % count] for position in positions]
        ids = np.stack([self.corpus.train[row] for row in rows]).astype(np.int64)
        return torch.from_numpy(ids).to(self.device)

    def _order(self, epoch: int) -> np.ndarray:
        """Compute the shuffled order of the sequences in one epoch."""
        if getattr(self, "_shuffled_epoch", None) != epoch:
            rng = np.random.default_rng((self.miniature.seed, epoch))
            self._permutation = rng.permutation(len(self.corpus.train))
            self._shuffled_epoch = epoch
        return self._permutation

    def step(self) -> float:
        """Run one optimizer step; return the loss before it.

        Raises:
            TrainingError: the loss or the gradient is not finite.
        """
        rate = self.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss = self._loss(self._block(self.progress.step))
        value = float(loss.detach())
        if not math.isfinite(value):
            raise self._not_finite("loss")
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.miniature.max_grad_norm)
        if not torch.isfinite(norm) and self.precision != "fp16":  # the scaler skips such a step
            raise self._not_finite("gradient")
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        return value

    def _not_finite(self, what: str) -> TrainingError:
        return TrainingError(
            f"The {what} stopped being a number after {self.tokens:,} tokens. The last saved state "
            f"is kept; lower learning_rate in sentiment/pretraining/miniatures.py and start anew."
        )

    @torch.inference_mode()
    def perplexity(self) -> float:
        """Compute the perplexity on the held-out reviews."""
        self.model.eval()
        blocks, size = self.corpus.held_out, self.miniature.sequences_per_step
        total = 0.0
        for start in range(0, len(blocks), size):
            ids = torch.from_numpy(blocks[start : start + size].astype(np.int64)).to(self.device)
            total += float(self._eager_loss(ids)) * len(ids)
        self.model.train()
        return math.exp(total / len(blocks))

    def save(self, folder: Path) -> None:
        """Save the state to resume from, and keep the previous one in case this one gets damaged.

        Raises:
            CheckpointError: the file cannot be written.
        """
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "progress": asdict(self.progress),
            "corpus": self.corpus.facts["fingerprint"],
        }
        path = folder / STATE_FILE
        try:
            with write_atomically(path) as staging:
                torch.save(state, staging)
                if path.is_file():
                    path.replace(folder / PREVIOUS_FILE)
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
            raise CheckpointError(
                f"The state cannot be written to {folder}: {error}. The one before is kept; make "
                f"room and add --resume."
            ) from error

    def load(self, folder: Path) -> None:
        """Load the last saved state, or the previous one if that is damaged.

        Raises:
            TrainingError: no state can be read, or it belongs to another corpus.
        """
        problems = []
        for path in (folder / STATE_FILE, folder / PREVIOUS_FILE):
            if not path.is_file():
                continue
            try:
                self._load(torch.load(path, map_location=self.device, weights_only=True))
            except TrainingError:
                raise
            except Exception as error:  # a damaged file raises exceptions of any kind
                problems.append(f"{path} cannot be continued from: {error}.")
                continue
            if problems:
                logger.warning("%s Continued from %s.", problems[0], path.name)
            return
        raise TrainingError(f"{' '.join(problems)} Remove {folder} to start anew.")

    def _load(self, state: dict[str, Any]) -> None:
        if state["corpus"] != self.corpus.facts["fingerprint"]:
            raise TrainingError(
                f"The saved state was trained on another corpus ({state['corpus']}, here "
                f"{self.corpus.facts['fingerprint']}). Give the same --data, or start anew."
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"])
