"""Predictions that a command needs: read from files, found among the saved ones, or made now."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.cli.arguments import (
    check_takes_base,
    load_on_engine,
    parse_read_options,
    print_notes,
)
from sentiment.cli.prediction_folder import PredictionFolder
from sentiment.cli.shots import draw_shots, find_prompted
from sentiment.data.checks import leave_out_empty
from sentiment.data.examples import Examples
from sentiment.data.loading import check_source, find_split_to_score, load_examples
from sentiment.data.sources import BUNDLED_DATASETS, DATASETS, full_title
from sentiment.data.tables import is_table_name
from sentiment.errors import DataError, InputError
from sentiment.evaluation.prediction_files import (
    PredictionFile,
    from_result,
    load_predictions,
    share_gold,
    to_rows,
)
from sentiment.evaluation.results import Result, find_results
from sentiment.evaluation.row_matching import Rows
from sentiment.labels import UNLABELLED
from sentiment.models.catalogue import read_seed, resolve_model

if TYPE_CHECKING:  # import torch or pandas
    from sentiment.models.classifier import Classifier
    from sentiment.zero_shot.demonstrations import Demonstrations


@dataclass(frozen=True)
class _Data:
    """The labelled texts to score: all rows, and those with a text."""

    whole: Examples
    filled: Examples


def collect_results(options: argparse.Namespace, *, use_saved: bool) -> list[Result]:
    """Collect the predictions of `options.models`, in their order, with gold labels.

    A name with the ending of a table is a file of predictions. Another one is a model, scored on
    `options.data`; all models are scored in this process and share their backbones.

    Args:
        use_saved: take the saved predictions of a model where there are some.

    Raises:
        SentimentError: a file or a model cannot be used, or there are no gold labels.
    """
    reading = parse_read_options(options)
    draws = draw_shots(options)
    names = [name for name in dict.fromkeys(options.models) if not is_table_name(name)]
    is_limited = bool(draws or options.base)
    folders = {name: resolve_model(name, base=options.base) for name in names if is_limited}
    shots = dict.fromkeys(find_prompted(folders) if draws else (), draws)
    if options.base:
        check_takes_base(folders)
    if options.data is not None:
        check_source(options.data, reading)
    files: dict[str, PredictionFile] = {}
    for name in dict.fromkeys(options.models):
        if is_table_name(name):
            files[name] = load_predictions(Path(name), reading)
        elif options.data is None:
            raise InputError(
                f"Name the data set of the saved predictions of {name}, or labelled texts to score "
                f"with it, such as --data sst2 or --data reviews.csv."
            )
        elif use_saved and name not in shots and (saved := _find_saved(name, options)):
            files[name] = from_result(name, saved)
    print_notes(note for file in files.values() for note in file.notes)
    missing = [name for name in dict.fromkeys(options.models) if name not in files]
    if options.labels and not missing:
        raise InputError(
            "--labels is for fine-tuned classifiers, and predictions in a file are not made again. "
            "Leave it out."
        )
    for name in missing:
        resolve_model(name, base=options.base)
    gold = None
    if missing or _needs_data(options, files):
        data = _load_data(options)
        gold = to_rows(str(options.data), data.whole)
        files |= _score(missing, data, gold, options, shots, use_saved=use_saved)
    elif options.data is not None:
        gold = next(file.rows for name, file in files.items() if not is_table_name(name))
    notes: list[str] = []
    results = share_gold([files[name] for name in options.models], gold, notes=notes)
    print_notes(notes)
    return results


def _needs_data(options: argparse.Namespace, files: dict[str, PredictionFile]) -> bool:
    """Return whether the labels or texts of `options.data` are needed beside saved predictions."""
    if options.data is None:
        return False
    saved = [name for name in files if not is_table_name(name)]
    return not saved or any(file.rows.texts is not None for file in files.values())


def _find_saved(name: str, options: argparse.Namespace) -> Result | None:
    """Find the saved predictions of a model on a data set; None if there are none."""
    data, split = options.data, options.split
    if Path(data).is_file():
        return None
    candidates = [
        result
        for result in find_results()[0]
        if result.info.is_of(name) and result.info.dataset == data
    ]
    if not candidates and data not in {*DATASETS, *BUNDLED_DATASETS}:
        return None
    wanted = split or find_split_to_score(data) or "all"
    found = next((result for result in candidates if result.info.split == wanted), None)
    if found is None:
        resolve_model(name, base=options.base)
        others = sorted({result.info.split for result in candidates})
        hint = f" There are some on: {', '.join(others)}." if others else ""
        print_notes([f"No saved predictions of {name} on {data} {wanted}; scored now.{hint}"])
    return found


def _load_data(options: argparse.Namespace) -> _Data:
    whole = load_examples(options.data, options.split, reading=parse_read_options(options))
    filled = leave_out_empty(whole)
    print_notes(filled.notes)
    if not (filled.labels != UNLABELLED).any():
        raise DataError(
            f"{full_title(whole.dataset, whole.split)}: no row with a text has a gold label, so "
            f"there is nothing to evaluate. Label some rows, or use `score`."
        )
    return _Data(whole, filled)


def _score(
    names: Sequence[str],
    data: _Data,
    rows: Rows,
    options: argparse.Namespace,
    shots: Mapping[str, Sequence[Demonstrations]],
    *,
    use_saved: bool,
) -> dict[str, PredictionFile]:
    """Score the texts with the models, one after the other, and with each draw of `shots`.

    Args:
        use_saved: take the saved predictions of a draw where there are some.
    """
    if not names:
        return {}
    from sentiment.inference.loader import ClassifierLoader

    loader = ClassifierLoader()
    scored = {}
    for name in names:
        results = []
        draws: list[Demonstrations | None] = [*shots.get(name, ())]
        for demonstrations in draws or [None]:
            classifier = load_on_engine(
                options, model=name, loader=loader, demonstrations=demonstrations
            )
            own = PredictionFolder(
                options.predictions, includes_saved=use_saved and demonstrations is not None
            )
            result = own.find(classifier, data.filled)
            if result is None:
                result = _score_now(classifier, data, name, options)
                own.save(result)
            results.append(
                Result(
                    info=replace(result.info, fingerprint=data.whole.fingerprint),
                    frame=result.frame.assign(row=_ids(data.filled)),
                    has_ids=data.whole.ids is not None,
                )
            )
        scored[name] = PredictionFile(name, tuple(results), rows)
    return scored


def _score_now(
    classifier: Classifier, data: _Data, name: str, options: argparse.Namespace
) -> Result:
    """Score the texts with one model."""
    from sentiment.cli.console import progress_bar
    from sentiment.evaluation.evaluate import build_result
    from sentiment.inference.scoring import score_distributed

    shots = classifier.method.shots
    draw = f", {shots}-shot, seed {classifier.method.shots_seed}" if shots else ""
    with progress_bar(len(data.filled), classifier.name + draw) as report:
        scores = score_distributed(classifier, data.filled.texts, progress=report)
    seed = read_seed(resolve_model(name, base=options.base))
    return build_result(classifier, data.filled, scores, seed=seed)


def _ids(examples: Examples) -> list[object]:
    """Return the ids of the examples; without any, their row numbers."""
    return list((examples.rows if examples.ids is None else examples.ids).tolist())
