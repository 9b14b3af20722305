"""The project's metrics as an `evaluate.Metric`, usable without a network.

`evaluate.load("accuracy")` downloads a script at every start; this class ships with the code:

    SentimentMetric().compute(references=[0, 1], predictions=[0.2, 0.9])
"""

from __future__ import annotations

from typing import Any

import datasets
import evaluate
import numpy as np

from sentiment.evaluation.metrics import compute_metrics
from sentiment.formatting import METRIC_TITLES


class SentimentMetric(evaluate.Metric):
    """Accuracy, plain and balanced, precision, recall, F1, MCC and AUROC from probabilities."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Scores of a two-label sentiment classifier.",
            citation="",
            inputs_description="references: 0 or 1; predictions: probability of the label 1.",
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, *, predictions: Any, references: Any) -> dict[str, float | None]:
        metrics = compute_metrics(np.asarray(references), np.asarray(predictions))
        return {name: getattr(metrics, name) for name in METRIC_TITLES if hasattr(metrics, name)}
