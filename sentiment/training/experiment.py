"""An experiment: zero-shot evaluation, training, evaluation on the same texts, and saving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sentiment.data.examples import Examples
from sentiment.data.loading import load_examples
from sentiment.data.sources import file_stem
from sentiment.errors import CheckpointError, DataError
from sentiment.evaluation.evaluate import build_result, find_result
from sentiment.evaluation.results import PREDICTIONS, Result, save_result
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import Progress, score_distributed
from sentiment.models.catalogue import RUN_FILE, check_output, read_seed
from sentiment.models.classifier import Classifier
from sentiment.recipes import Recipe
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import read_json, write_json
from sentiment.runtime.hardware import Compute
from sentiment.training.fit import SAVE_MINUTES, fit
from sentiment.training.history import OnReport
from sentiment.training.model_card import write_model_card
from sentiment.training.run_folder import RunFolder

METRICS_FILE = "metrics.json"
ProgressFactory = Callable[[int, str], AbstractContextManager[Progress]]
OnResult = Callable[[Result], None]


@dataclass(frozen=True)
class ExperimentResult:
    """A finished experiment: the checkpoint, with zero-shot and fine-tuned results.

    There is a pair of results for every evaluation set, the official one first.
    """

    checkpoint: Path
    results: tuple[tuple[Result, Result], ...]  # (zero-shot, fine-tuned)


def run_experiment(
    recipe: Recipe,
    *,
    train: Examples,
    evaluations: Sequence[Examples],
    output: Path,
    loader: ClassifierLoader,
    save_minutes: float = SAVE_MINUTES,
    is_resumed: bool = False,
    compute: Compute | None = None,
    on_report: OnReport | None = None,
    progress_factory: ProgressFactory | None = None,
    on_result: OnResult = lambda _: None,
) -> ExperimentResult:
    """Evaluate zero-shot, train, evaluate the saved checkpoint, and write the results.

    Saved zero-shot predictions on the same texts are reused.

    Args:
        train, evaluations: from `prepare_data`; the first set is also evaluated after each epoch.
        output: the checkpoint folder, which must not exist yet.
        save_minutes: minutes between two saves of the training state.
        is_resumed: resume the unfinished training of `output`, if there is one.
        compute: device and precision, by default chosen for this machine.
        on_report: called with the progress of the training.
        progress_factory: builds a progress bar for a number of texts and a title.
        on_result: called with the zero-shot results before training, with the others at the end.

    Raises:
        SentimentError: the data or the backbone cannot be used, or the disk is full.
    """
    check_output(output)
    folder = RunFolder(output)
    folder.check_unclaimed(is_resumed=is_resumed)
    zero_shot = loader.load_zero_shot(recipe.backbone)
    before = _score_zero_shot(zero_shot, evaluations, folder, progress_factory, on_result)
    fit(
        recipe,
        loader.backbone(recipe.backbone),
        train=train,
        evaluation=evaluations[0],
        output=output,
        run_folder=folder,
        save_minutes=save_minutes,
        is_resumed=is_resumed,
        compute=compute,
        on_report=on_report,
    )
    tuned = loader.load(str(output.resolve()))
    after = [_evaluate(tuned, own, progress_factory, seed=recipe.seed) for own in evaluations]
    results = tuple(zip(before, after, strict=True))
    process_group().run_on_main(lambda: _write_results(output, results))
    for result in after:
        on_result(result)
    return ExperimentResult(checkpoint=output, results=results)


def rescore(
    checkpoint: Path,
    *,
    loader: ClassifierLoader,
    data: Path | None = None,
    progress_factory: ProgressFactory | None,
) -> tuple[tuple[Result, Result], ...]:
    """Evaluate a checkpoint and its zero-shot backbone again on the same evaluation sets.

    Valid saved predictions are reused. Predictions, metrics and the model card are rewritten; the
    weights are unchanged.

    Returns:
        (zero-shot, fine-tuned) of each set, as `ExperimentResult.results`

    Raises:
        CheckpointError: `checkpoint` was not trained and evaluated by this project.
        DataError: the data is not available, or differs from that of the first evaluation.
    """
    stored = read_json(checkpoint / METRICS_FILE)["evaluations"]
    zero_shot = loader.load_zero_shot(read_json(checkpoint / RUN_FILE)["backbone"]["name"])
    tuned = loader.load(str(checkpoint.resolve()))
    results = []
    for entry in stored:
        examples = load_examples(entry["dataset"], entry["split"], directory=data)
        if examples.fingerprint != entry["fingerprint"]:
            raise DataError(
                f"{entry['dataset']} {entry['split']} is not what {checkpoint.name} was evaluated "
                f"on (fingerprint {entry['fingerprint']}, now {examples.fingerprint}). Give the "
                f"original data with --data."
            )
        before, after = (_find_saved(model, examples) for model in (zero_shot, tuned))
        before = before or _evaluate(zero_shot, examples, progress_factory)
        after = after or _evaluate(tuned, examples, progress_factory)
        seeded = replace(after, info=replace(after.info, seed=read_seed(checkpoint)))
        results.append((before, seeded))
    process_group().run_on_main(lambda: _write_results(checkpoint, results))
    return tuple(results)


def _write_results(output: Path, results: Sequence[tuple[Result, Result]]) -> None:
    evaluations = []
    for before, after in results:
        info = after.info
        stem = file_stem(info.dataset, info.split)
        save_result(before, output / PREDICTIONS / f"{stem}.zero-shot.parquet")
        save_result(after, output / PREDICTIONS / f"{stem}.parquet")
        evaluations.append(
            {
                "dataset": info.dataset,
                "split": info.split,
                "fingerprint": info.fingerprint,
                "zero-shot": before.metrics.to_dict(),
                "fine-tuned": after.metrics.to_dict(),
            }
        )
    try:
        write_json(output / METRICS_FILE, {"evaluations": evaluations})
        write_model_card(output, results)
    except OSError as error:
        raise CheckpointError(
            f"{output} is saved, but its metrics and model card cannot be written: {error}"
        ) from error


def _score_zero_shot(
    classifier: Classifier,
    evaluations: Sequence[Examples],
    folder: RunFolder,
    progress_factory: ProgressFactory | None,
    on_result: OnResult,
) -> list[Result]:
    """Evaluate `classifier`, or load its saved results; save new ones in the run folder."""
    predictions, results = folder.path / PREDICTIONS, []
    for examples in evaluations:
        result = _find_saved(classifier, examples, predictions)
        if result is None:
            result = _evaluate(classifier, examples, progress_factory)
            path = predictions / f"{file_stem(examples.dataset, examples.split)}.parquet"
            process_group().run_on_main(partial(save_result, result, path))
        on_result(result)
        results.append(result)
    return results


def _find_saved(
    classifier: Classifier, examples: Examples, folder: Path | None = None
) -> Result | None:
    """Find the saved result, also in `folder`; the main process reads it for all processes."""

    def find() -> Result | None:
        paths = sorted(folder.glob("*.parquet")) if folder else []
        return find_result(classifier, examples, more=paths)

    return process_group().run_on_main(find)


def _evaluate(
    classifier: Classifier,
    examples: Examples,
    progress_factory: ProgressFactory | None,
    *,
    seed: int | None = None,
) -> Result:
    if progress_factory is None:
        scores = score_distributed(classifier, examples.texts)
    else:
        with progress_factory(len(examples), classifier.name) as progress:
            scores = score_distributed(classifier, examples.texts, progress=progress)
    return build_result(classifier, examples, scores, seed=seed)
