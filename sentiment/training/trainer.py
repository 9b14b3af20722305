"""transformers' Trainer with verified states, signal handling, a seeded sampler and NaN checks."""

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
from sentiment.training.history import EpochReport, OnReport, StepReport
from sentiment.training.run_folder import RunFolder

EVALUATION_BATCH = 64
LOG_POINTS = 100  # logged losses, evenly spaced over the steps
_GROUP = 50  # batches whose texts are sorted by length together


class SeededLengthSampler(Sampler[int], TrainerCallback):
    """Sampler with a shuffled order that depends on the seed and the epoch only.

    With `lengths`, texts of similar length are batched together, and the batches shuffled.
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
        # `set_epoch` of the data loader does not reach the sampler in a resumed epoch of several
        # processes: the loader is then wrapped twice, and unwrapped once.
        self.epoch = state.global_step // _steps_per_epoch(args, state)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self.seed, self.epoch))
        order = rng.permutation(self.count)
        if self.lengths is None:
            yield from order.tolist()
            return
        size = self.batch_size
        batches: list[np.ndarray] = []
        for start in range(0, self.count, size * _GROUP):
            group = order[start : start + size * _GROUP]
            group = group[np.argsort(-self.lengths[group], kind="stable")]
            batches += [group[i : i + size] for i in range(0, len(group), size)]
        # A short batch must be last, or it would shift all following batches.
        full = [batch for batch in batches if len(batch) == size]
        short = [batch for batch in batches if len(batch) < size]
        for i in [*rng.permutation(len(full)), *range(len(full), len(batches))]:
            yield from (full + short)[i].tolist()


class SaveCallback(TrainerCallback):
    """Callback that saves a state every few minutes, and after a signal."""

    def __init__(self, *, minutes: float, received: Sequence[int], seconds: float) -> None:
        self._minutes, self._received = minutes, received
        self.agreed: list[int] = []  # the signal of any process, gathered by all
        self._seconds_before = seconds
        self._is_due_after_epoch = False
        self._started = self._saved = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Return the seconds of training, including those before it was resumed."""
        return self._seconds_before + time.perf_counter() - self._started

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        is_due = self._synchronize(time.perf_counter() - self._saved >= 60 * self._minutes)
        if self.agreed:
            control.should_training_stop = True
        if _is_inside_epoch(args, state):
            self._request(control, is_due)
        else:
            # The state must include the evaluation of the epoch.
            self._is_due_after_epoch = is_due

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if _is_inside_epoch(args, state):  # stopped by a signal; its state is already saved
            control.should_evaluate = False
            return
        self._request(control, self._is_due_after_epoch)
        self._is_due_after_epoch = False

    def _synchronize(self, is_due: bool) -> bool:
        """Synchronize the decision to save, by the main process's clock, and the signals.

        Signals must be read here only: they reach the processes at different times, and the
        processes would diverge.
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
    """Trainer with verified states, a seeded sampler and a check for non-finite losses."""

    def __init__(
        self,
        *args: Any,
        run_folder: RunFolder,
        saver: SaveCallback,
        sampler: SeededLengthSampler,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        # The loss is a mean over a micro-batch. Trainer must divide it by the accumulation steps,
        # which it skips for models that accept loss arguments.
        self.model_accepts_loss_kwargs = False
        self.add_callback(saver)
        self.add_callback(sampler)
        self._run_folder, self._saver, self._sampler = run_folder, saver, sampler

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> SeededLengthSampler:
        return self._sampler

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._run_folder.staging)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        non_finite = next(
            (n for n, p in model.named_parameters() if p.requires_grad and not p.isfinite().all()),
            None,
        )
        if non_finite:
            raise TrainingError(self._not_finite(f"The weight {non_finite}"))
        step = self.state.global_step

        def write() -> Path:
            super(ResumableTrainer, self)._save_checkpoint(model, trial)
            return self._run_folder.staging / f"checkpoint-{step}"

        self._run_folder.save(step, self._saver.seconds, write)

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """Run one forward and backward pass.

        Raises:
            TrainingError: the loss is not finite.
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
    recipe: Recipe,
    staging: Path,
    *,
    steps: int,
    compute: Compute,
    micro_batch_size: int,
    evaluates_epochs: bool = True,
) -> TrainingArguments:
    """Build the `TrainingArguments` for `recipe`.

    Args:
        staging: output folder of the Trainer; `RunFolder` moves states from there.
        steps: optimizer steps of the whole training.
        micro_batch_size: examples of a forward pass in one process; gradients are accumulated up
            to the recipe's batch size.
        evaluates_epochs: evaluate after every epoch.
    """
    arguments = TrainingArguments(
        output_dir=str(staging),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=micro_batch_size,
        gradient_accumulation_steps=recipe.batch_size
        // (micro_batch_size * process_group().world_size),
        per_device_eval_batch_size=EVALUATION_BATCH,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,
        bf16=compute.precision == "bf16",
        fp16=compute.precision == "fp16",
        use_cpu=compute.device == "cpu",
        seed=recipe.seed,
        eval_strategy="epoch" if evaluates_epochs else "no",
        save_strategy="no",  # `SaveCallback` requests states
        logging_steps=max(1, steps // LOG_POINTS),
        logging_nan_inf_filter=False,
        dataloader_pin_memory=compute.device != "cpu",
        remove_unused_columns=False,
        disable_tqdm=True,  # `TrainingLog` has the progress bar
        report_to="none",
        ddp_backend="gloo" if compute.device == "cpu" and process_group().world_size > 1 else None,
        ddp_find_unused_parameters=False if process_group().world_size > 1 else None,
    )
    if arguments.n_gpu > 1:  # DataParallel would multiply the batch by the number of GPUs
        arguments._n_gpu = 1
    return arguments


def micro_batch_sizes(batch_size: int) -> Iterator[int]:
    """Yield micro-batch sizes: divisors of `batch_size`, each at most half the one before."""
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
    """Callback with a progress bar, and reports of every loss and every evaluation."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        steps: int,
        on_report: OnReport | None,
        scorer: EvaluationScorer,
        is_quiet: bool,
    ) -> None:
        self._scorer = scorer
        self._bar = tqdm(
            total=steps,
            desc=recipe.name,
            unit="step",
            dynamic_ncols=True,
            leave=False,
            disable=is_quiet or not is_main_process(),
        )
        self._batch_size = recipe.batch_size
        self._on_report = on_report
        self._started = time.perf_counter()
        self._first_step = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._first_step = state.global_step  # above 0 in a resumed training
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
        """Close the progress bar."""
        self._bar.close()


def read_history(state: TrainerState) -> list[dict[str, float | int]]:
    """Collect the losses and evaluations of a training for `run.json`."""
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
