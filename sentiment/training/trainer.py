"""transformers' Trainer with verified states, signals, a seeded order and finite losses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from tqdm.auto import tqdm
from transformers import (
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from sentiment.errors import TrainingError
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.probabilities import sigmoid
from sentiment.recipes import Recipe
from sentiment.runtime.distributed import is_main_process, process_group
from sentiment.runtime.hardware import Compute
from sentiment.runtime.logs import progress_disabled
from sentiment.training.history import EpochReport, OnReport, StepReport
from sentiment.training.run_folder import RunFolder

EVALUATION_BATCH = 64
LOG_POINTS = 100  # losses kept in the history, evenly spaced over the steps
_GROUP = 50  # batches whose texts are sorted by length together


class SeededLengthSampler(Sampler[int], TrainerCallback):
    """Order of the examples: new in every epoch, the same whenever an epoch is repeated.

    With `lengths`, texts of like length stand together in batches, and the batches in no order.
    """

    def __init__(
        self, count: int, *, batch_size: int, seed: int, lengths: Sequence[int] | None = None
    ) -> None:
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.lengths = None if lengths is None else np.asarray(lengths)
        self.epoch = 0

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # The loaders' own `set_epoch` does not reach a sampler in an epoch that is continued by
        # several processes: two wrappers are around it then, and one is unwrapped.
        self.epoch = state.global_step // _steps_per_epoch(args, state)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng((self.seed, self.epoch))
        order = random.permutation(self.count)
        if self.lengths is None:
            yield from order.tolist()
            return
        size = self.batch_size
        batches: list[np.ndarray] = []
        for start in range(0, self.count, size * _GROUP):
            group = order[start : start + size * _GROUP]
            group = group[np.argsort(-self.lengths[group], kind="stable")]
            batches += [group[i : i + size] for i in range(0, len(group), size)]
        # A short batch anywhere but at the end would shift the borders of all that follow.
        full = [batch for batch in batches if len(batch) == size]
        short = [batch for batch in batches if len(batch) < size]
        for i in [*random.permutation(len(full)), *range(len(full), len(batches))]:
            yield from (full + short)[i].tolist()


class SaveCallback(TrainerCallback):
    """Requests a state every few minutes, and a last one when a signal has come."""

    def __init__(self, *, minutes: float, received: Sequence[int], seconds: float) -> None:
        self._minutes, self._received = minutes, received
        self.agreed: list[int] = []  # a signal that some process has received, known to all
        self._seconds_before = seconds
        self._is_due_after_epoch = False
        self._started = self._saved = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Return the seconds of training so far, in all its parts."""
        return self._seconds_before + time.perf_counter() - self._started

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        is_due = self._agree(time.perf_counter() - self._saved >= 60 * self._minutes)
        if self.agreed:
            control.should_training_stop = True
        if _is_inside_epoch(args, state):
            self._request(control, is_due)
        else:
            # The epoch's evaluation belongs to what is saved, and comes first.
            self._is_due_after_epoch = is_due

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if _is_inside_epoch(args, state):  # a signal ended it: its state is saved already
            control.should_evaluate = False
            return
        self._request(control, self._is_due_after_epoch)
        self._is_due_after_epoch = False

    def _agree(self, is_due: bool) -> bool:
        """Agree on whether a state is due, by the first process's clock, and on signals.

        Nothing else may be read of the signals: one that comes later comes to each process at
        another moment, and they would part ways.
        """
        gathered = process_group().gather((is_due, list(self._received)))
        if not self.agreed:
            self.agreed = next((signals for _, signals in gathered if signals), [])
        return gathered[0][0]

    def _request(self, control: TrainerControl, is_due: bool) -> None:
        if is_due or self.agreed:
            control.should_save = True
            self._saved = time.perf_counter()


def _is_inside_epoch(args: TrainingArguments, state: TrainerState) -> bool:
    return state.global_step % _steps_per_epoch(args, state) > 0


def _steps_per_epoch(args: TrainingArguments, state: TrainerState) -> int:
    return state.max_steps // int(args.num_train_epochs)


class ResumableTrainer(Trainer):
    """A Trainer whose states are verified, whose order is seeded and whose loss is a number."""

    def __init__(
        self,
        *args: Any,
        run_folder: RunFolder,
        saver: SaveCallback,
        sampler: SeededLengthSampler,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        # A classifier's loss is a mean over the texts it was given. Summed over parts of a batch it
        # must be divided by their number, which Trainer leaves to networks with loss arguments.
        self.model_accepts_loss_kwargs = False
        self.add_callback(saver)
        self.add_callback(sampler)
        self._run_folder, self._saver, self._sampler = run_folder, saver, sampler

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> SeededLengthSampler:
        return self._sampler

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._run_folder.staging)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        broken = next(
            (n for n, p in model.named_parameters() if p.requires_grad and not p.isfinite().all()),
            None,
        )
        if broken:
            raise TrainingError(self._not_finite(f"The weight {broken}"))
        step = self.state.global_step

        def write() -> Path:
            super(ResumableTrainer, self)._save_checkpoint(model, trial)
            return self._run_folder.staging / f"checkpoint-{step}"

        self._run_folder.save(step, self._saver.seconds, write)

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """Run one forward and backward pass.

        Raises:
            TrainingError: the loss is no number.
        """
        loss = super().training_step(*args, **kwargs)
        if not torch.isfinite(loss).all():
            raise TrainingError(self._not_finite("The loss"))
        return loss

    def _not_finite(self, what: str) -> str:
        return (
            f"{what} stopped being a number at step {self.state.global_step + 1} of "
            f"{self.state.max_steps}. Try a lower --learning-rate. No checkpoint was written."
        )


def build_arguments(
    recipe: Recipe, staging: Path, *, steps: int, compute: Compute, micro_batch_size: int
) -> TrainingArguments:
    """Build the Trainer's settings for `recipe`.

    Args:
        staging: a folder; the Trainer wants one, states go where `RunFolder` puts them.
        steps: optimizer steps of the whole training.
        micro_batch_size: examples of one forward pass of one process; gradients are summed up to
            the recipe's batch.
    """
    arguments = TrainingArguments(
        output_dir=str(staging),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=micro_batch_size,
        gradient_accumulation_steps=recipe.batch_size // (micro_batch_size * process_group().count),
        per_device_eval_batch_size=EVALUATION_BATCH,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,
        bf16=compute.precision == "bf16",
        fp16=compute.precision == "fp16",
        use_cpu=compute.device == "cpu",
        seed=recipe.seed,
        eval_strategy="epoch",
        save_strategy="no",  # `SaveCallback` requests states
        logging_steps=max(1, steps // LOG_POINTS),
        logging_nan_inf_filter=False,
        dataloader_pin_memory=compute.device != "cpu",
        remove_unused_columns=False,
        disable_tqdm=True,  # the log draws the bar
        report_to="none",
        ddp_backend="gloo" if compute.device == "cpu" and process_group().count > 1 else None,
        ddp_find_unused_parameters=False if process_group().count > 1 else None,
    )
    if arguments.n_gpu > 1:  # without a launcher the batch would be multiplied by the GPUs
        arguments._n_gpu = 1
    return arguments


def micro_batch_sizes(batch_size: int) -> Iterator[int]:
    """Yield the sizes to cut a batch into: the whole, then each time at most half, down to one."""
    size = batch_size
    while size:
        if batch_size % size == 0:
            yield size
            size //= 2
        else:
            size -= 1


class EvaluationScorer:
    """Computes the accuracy of an evaluation, and keeps its probabilities for the report."""

    def __init__(self) -> None:
        self.p_positive: tuple[float, ...] = ()  # of the evaluated texts, in order

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        """Compute the accuracy of logits (n, 2) against the labels (n,).

        Raises:
            TrainingError: a logit is no number.
        """
        logits = np.asarray(prediction.predictions, dtype=np.float64)
        if not np.isfinite(logits).all():
            raise TrainingError(
                "The logits on the evaluation texts stopped being numbers. Try a lower "
                "--learning-rate. No checkpoint was written."
            )
        self.p_positive = tuple(sigmoid(logits[:, POSITIVE] - logits[:, NEGATIVE]).tolist())
        return {"accuracy": float((logits.argmax(axis=-1) == prediction.label_ids).mean())}


class TrainingLog(TrainerCallback):
    """Progress bar with loss, and a report of every loss and every evaluation."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        steps: int,
        on_report: OnReport | None,
        scorer: EvaluationScorer,
    ) -> None:
        self._scorer = scorer
        self._bar = tqdm(
            total=steps,
            desc=recipe.name,
            unit="step",
            dynamic_ncols=True,
            leave=False,
            disable=not is_main_process() or progress_disabled(),
        )
        self._batch_size = recipe.batch_size
        self._on_report = on_report
        self._started = time.perf_counter()
        self._first_step = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._first_step = state.global_step  # above 0 where a training is continued
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
                    examples_per_second=(state.global_step - self._first_step)
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
            scores = self._scorer.p_positive
            self._on_report(EpochReport(state.global_step, epoch, loss, accuracy, scores))

    def close(self) -> None:
        """Take the progress bar down, however the training ended."""
        self._bar.close()


def read_history(state: TrainerState) -> list[dict[str, float | int]]:
    """Collect the losses and evaluations of a training in all its parts, for `run.json`."""
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
