"""Results of a classifier: predictions joined with gold labels, or read from saved ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sentiment.data.examples import Examples
from sentiment.evaluation.results import Result, ResultInfo, find_results
from sentiment.inference.scoring import Scores
from sentiment.method import UNTRAINED
from sentiment.models.classifier import Classifier
from sentiment.models.encoding import ENCODING
from sentiment.runtime.provenance import now, versions
from sentiment.zero_shot.calibration import compute_thresholds


def build_result(
    classifier: Classifier, examples: Examples, scores: Scores, *, seed: int | None = None
) -> Result:
    """Join the predictions of `classifier` with the gold labels of `examples`.

    Args:
        seed: of the training; None for a model that was not trained.
    """
    frame = pd.DataFrame(
        {
            "row": examples.rows,
            "gold": examples.labels,
            "p_positive": scores.p_positive,
            "tokens_read": scores.tokens_read,
            "tokens_total": scores.tokens_total,
        }
    )
    info = ResultInfo(
        model=classifier.name,
        kind=classifier.kind,
        backbone=classifier.backbone,
        method=classifier.method,
        weights_hash=classifier.weights_hash,
        dataset=examples.dataset,
        split=examples.split,
        fingerprint=examples.fingerprint,
        date=now(),
        versions=versions(),
        encoding=ENCODING,
        thresholds=compute_thresholds(classifier, scores.p_positive)
        if classifier.kind in UNTRAINED
        else {},
        seed=seed,
        revision=classifier.revision,
    )
    return Result(info=info, frame=frame)


def find_result(
    classifier: Classifier, examples: Examples, *, more: Sequence[Path] = ()
) -> Result | None:
    """Find the saved predictions of `classifier` for `examples`; None if there are none.

    Args:
        more: files to read besides those of the models on this machine.
    """
    expected = {
        "model": classifier.name,
        "method": classifier.method,
        "weights_hash": classifier.weights_hash,
        "dataset": examples.dataset,
        "split": examples.split,
        "fingerprint": examples.fingerprint,
        "encoding": ENCODING,
    }
    results, _ = find_results(more)
    return next((r for r in results if vars(r.info).items() >= expected.items()), None)
