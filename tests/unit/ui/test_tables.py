from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sentiment.results import Result, ResultInfo
from sentiment.ui.tables import below_baseline

GOLD = np.array([0, 1] * 10)


def _result(model: str, kind: str, right: int) -> Result:
    """A model that is right about the first `right` of twenty texts."""
    said = np.where(np.arange(len(GOLD)) < right, GOLD, 1 - GOLD)
    info = ResultInfo(model, kind, "net", "m", "0", "sst2", "validation", "f", "d", {})
    return Result(info, pd.DataFrame({"gold": GOLD, "p_positive": 0.2 + 0.6 * said}))


def test_trained_models_below_the_best_baseline_are_named() -> None:
    found = below_baseline(
        [
            _result("asked", "zero-shot", 11),
            _result("weak", "fine-tuned", 14),
            _result("equal", "fine-tuned", 16),
            _result("strong", "fine-tuned", 18),
            _result("words", "baseline", 16),
            _result("fewer-words", "baseline", 12),
        ]
    )
    assert found is not None
    assert found[0] == ["weak"]
    assert found[1] == pytest.approx(0.8)


def test_nothing_is_said_without_a_baseline_or_a_model_below_it() -> None:
    assert below_baseline([_result("weak", "fine-tuned", 2)]) is None
    assert below_baseline([_result("a", "fine-tuned", 9), _result("b", "baseline", 9)]) is None
