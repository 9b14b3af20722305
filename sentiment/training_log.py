"""What a training says of itself: progress bar, reports, and its history."""

from __future__ import annotations

import time
from typing import Any

from tqdm.auto import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sentiment.processes import is_main_process
from sentiment.quiet import are_bars_hidden
from sentiment.recipes import Recipe
from sentiment.training_reports import EpochReport, OnReport, StepReport


class TrainingLog(TrainerCallback):
    """Progress bar with loss, and a report of every loss and every evaluation."""

    def __init__(self, recipe: Recipe, *, steps: int, on_report: OnReport | None) -> None:
        self._bar = tqdm(
            total=steps,
            desc=recipe.name,
            unit="step",
            dynamic_ncols=True,
            leave=False,
            disable=not is_main_process() or are_bars_hidden(),
        )
        self._batch_size = recipe.batch_size
        self._on_report = on_report
        self._started = time.perf_counter()
        self._first = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._first = state.global_step  # above 0 where a training is continued
        self._bar.update(state.global_step - self._bar.n)

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
            self._log_loss(state, float(logs["loss"]))
        if "eval_loss" in logs:
            self._log_evaluation(state, logs)

    def _log_loss(self, state: TrainerState, loss: float) -> None:
        self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        if self._on_report:
            seconds = time.perf_counter() - self._started
            self._on_report(
                StepReport(
                    step=state.global_step,
                    steps=state.max_steps,
                    epoch=float(state.epoch or 0.0),
                    loss=loss,
                    examples_per_second=(state.global_step - self._first)
                    * self._batch_size
                    / seconds,
                )
            )

    def _log_evaluation(self, state: TrainerState, logs: dict[str, float]) -> None:
        if not is_main_process():
            return
        loss, accuracy = float(logs["eval_loss"]), float(logs["eval_accuracy"])
        epoch = float(state.epoch or 0.0)
        if not self._bar.disable:
            self._bar.write(
                f"epoch {epoch:g}: loss {loss:.4f}, accuracy {accuracy:.4f} on the evaluation split"
            )
        if self._on_report:
            self._on_report(EpochReport(state.global_step, epoch, loss, accuracy))

    def close(self) -> None:
        """Take the progress bar down, however the training ended."""
        self._bar.close()


def read_history(state: TrainerState) -> list[dict[str, float | int]]:
    """Losses and evaluations of a training in all its parts, as `run.json` keeps them."""
    history: list[dict[str, float | int]] = []
    for logs in state.log_history:
        entry = {"step": logs["step"], "epoch": round(logs["epoch"], 4)}
        if "loss" in logs:
            entry |= {
                "loss": round(logs["loss"], 5),
                "learning_rate": logs.get("learning_rate", 0.0),
            }
        elif "eval_loss" in logs:
            entry |= {
                "evaluation_loss": round(logs["eval_loss"], 5),
                "evaluation_accuracy": logs["eval_accuracy"],
            }
        else:
            continue
        history.append(entry)
    return history
