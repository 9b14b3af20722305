"""What a training says of itself: progress bar, history, and the stop on a broken loss."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tqdm.auto import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sentiment.errors import TrainingError
from sentiment.recipe import Recipe


@dataclass(frozen=True)
class StepReport:
    """Where a training stands; sent to `on_step` whenever a loss is logged."""

    step: int
    steps: int
    epoch: float
    loss: float
    examples_per_second: float


class TrainingLog(TrainerCallback):
    """Progress bar with loss, history for `run.json`, and the stop on a loss that is no number."""

    def __init__(
        self, recipe: Recipe, *, steps: int, on_step: Callable[[StepReport], None] | None
    ) -> None:
        self.history: list[dict[str, float | int]] = []
        self.steps = steps
        self._bar = tqdm(
            total=steps, desc=recipe.name, unit="step", dynamic_ncols=True, leave=False
        )
        self._batch_size = recipe.batch_size
        self._on_step = on_step
        self._started = time.perf_counter()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        logs = logs or {}
        if "loss" in logs:
            self._log_loss(state, float(logs["loss"]), logs)
        if "eval_loss" in logs:
            self._log_evaluation(state, logs)

    def _log_loss(self, state: TrainerState, loss: float, logs: dict[str, float]) -> None:
        if not math.isfinite(loss) or not math.isfinite(float(logs.get("grad_norm", 0.0))):
            raise TrainingError(
                f"The loss stopped being a number at step {state.global_step} of "
                f"{state.max_steps}. Try a lower --learning-rate. Nothing was written."
            )
        self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        self.history.append(
            {
                "step": state.global_step,
                "epoch": round(float(state.epoch or 0.0), 4),
                "loss": round(loss, 5),
                "learning_rate": float(logs.get("learning_rate", 0.0)),
            }
        )
        if self._on_step:
            seconds = time.perf_counter() - self._started
            self._on_step(
                StepReport(
                    step=state.global_step,
                    steps=state.max_steps,
                    epoch=float(state.epoch or 0.0),
                    loss=loss,
                    examples_per_second=state.global_step * self._batch_size / seconds,
                )
            )

    def _log_evaluation(self, state: TrainerState, logs: dict[str, float]) -> None:
        entry = {
            "step": state.global_step,
            "epoch": round(float(state.epoch or 0.0), 4),
            "evaluation_loss": round(float(logs["eval_loss"]), 5),
            "evaluation_accuracy": float(logs["eval_accuracy"]),
        }
        self.history.append(entry)
        self._bar.write(
            f"epoch {entry['epoch']:g}: loss {entry['evaluation_loss']:.4f}, "
            f"accuracy {entry['evaluation_accuracy']:.4f} on the evaluation split"
        )

    def close(self) -> None:
        """Take the progress bar down, however the training ended."""
        self._bar.close()
