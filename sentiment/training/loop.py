"""The training loop: resumes from the last saved state, and reduces the micro-batch if needed."""

from __future__ import annotations

import logging
import math
from typing import NamedTuple

import torch
from torch import nn
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sentiment.data.examples import Examples
from sentiment.errors import RecipeError, TrainingError
from sentiment.models.tuning import Network
from sentiment.runtime.distributed import process_group
from sentiment.runtime.hardware import is_out_of_memory, move_to, reset_peak_memory
from sentiment.runtime.logs import progress_disabled
from sentiment.runtime.signals import raise_for
from sentiment.training.inputs import FitContext, TrainingInputs, prepare_inputs
from sentiment.training.trainer import (
    EvaluationScorer,
    ResumableTrainer,
    SaveCallback,
    SeededLengthSampler,
    TrainingLog,
    build_arguments,
    micro_batch_sizes,
    read_history,
)

logger = logging.getLogger(__name__)


class FitResult(NamedTuple):
    """Duration, history and micro-batch size of a finished training run."""

    seconds: float
    history: list[dict[str, float | int]]
    micro_batch_size: int


def train_network(
    network: Network, context: FitContext, train: Examples, eval_subset: Examples
) -> FitResult:
    """Train `network` in place, with a smaller micro-batch if memory runs out.

    Raises:
        RecipeError: the batch cannot be divided among the processes.
        TrainingError: the loss is not finite, or a single text does not fit into memory.
        CheckpointError: a state cannot be written.
    """
    recipe, origin = context.recipe, context.backbone.device
    local_batch, remainder = divmod(recipe.batch_size, process_group().world_size)
    if remainder:
        raise RecipeError(
            f"A batch of {recipe.batch_size} cannot be divided among {process_group().world_size} "
            f"processes. Give another --batch-size."
        )
    reset_peak_memory(context.compute.device)
    inputs = prepare_inputs(network, context, train, eval_subset)
    initial = _copy_trainable(inputs.model)
    try:
        for size in micro_batch_sizes(local_batch):
            try:
                return _optimize(inputs, context, micro_batch_size=size)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                # The other processes of a job would wait for the gradients of this one.
                if not is_out_of_memory(error) or process_group().world_size > 1:
                    raise
                logger.warning(
                    "A micro-batch of %d texts does not fit into memory. Trying a smaller one.",
                    size,
                )
            _restore(inputs.model, initial)
    finally:
        if inputs.release:
            inputs.release()
        move_to(network, origin)  # its parameters may be shared with other models
    raise TrainingError(
        f"Not even one text of {recipe.max_length} tokens fits into memory. Lower --max-length, "
        f"or train a head only."
    )


def _copy_trainable(model: nn.Module) -> dict[str, torch.Tensor]:
    """Copy the trainable parameters, to restart from; empty in a job of several processes."""
    if process_group().world_size > 1:
        return {}
    return {
        name: parameter.detach().to("cpu", copy=True)
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


@torch.no_grad()
def _restore(model: nn.Module, initial: dict[str, torch.Tensor]) -> None:
    """Set the trained parameters of `model` to `initial`."""
    model.zero_grad()
    for name, parameter in model.named_parameters():
        if name in initial:
            parameter.copy_(initial[name])


def _optimize(inputs: TrainingInputs, context: FitContext, *, micro_batch_size: int) -> FitResult:
    """Run all steps, from the last saved state if there is one."""
    recipe, folder = context.recipe, context.run_folder
    steps = math.ceil(inputs.n_train / recipe.batch_size) * recipe.epochs
    state = folder.newest()
    scorer = EvaluationScorer()
    log = TrainingLog(
        recipe,
        steps=steps,
        on_report=context.on_report,
        scorer=scorer,
        is_quiet=context.is_brief or progress_disabled(),
    )
    saver = SaveCallback(
        minutes=context.save_minutes,
        received=context.received,
        seconds=state.seconds if state else 0.0,
    )
    sampler = SeededLengthSampler(
        inputs.n_train, batch_size=recipe.batch_size, seed=recipe.seed, lengths=inputs.lengths
    )
    trainer = ResumableTrainer(
        model=inputs.model,
        args=build_arguments(
            recipe,
            folder.staging,
            steps=steps,
            compute=context.compute,
            micro_batch_size=micro_batch_size,
            evaluates_epochs=not context.is_brief,
        ),
        train_dataset=inputs.train,
        eval_dataset=inputs.eval_subset,
        data_collator=inputs.collate,
        compute_metrics=scorer,
        callbacks=[log],
        run_folder=folder,
        saver=saver,
        sampler=sampler,
    )
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(state.folder) if state else None)
        if context.is_brief and not saver.agreed:
            trainer.evaluate()
    finally:
        log.close()
    if saver.agreed:
        raise_for(saver.agreed[0])
    return FitResult(saver.seconds, read_history(trainer.state), micro_batch_size)
