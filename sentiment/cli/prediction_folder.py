"""Predictions saved in a folder by a command, so that a stopped run can be continued."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.data.examples import Examples
from sentiment.data.sources import file_stem
from sentiment.evaluation.results import Result, save_result
from sentiment.runtime.distributed import is_main_process

if TYPE_CHECKING:  # imports torch
    from sentiment.models.classifier import Classifier


@dataclass(frozen=True)
class PredictionFolder:
    """Predictions in a folder, one file for each model, draw and split."""

    folder: Path | None  # None: nothing is saved
    includes_saved: bool = False  # find those of the models on this machine as well

    def find(self, classifier: Classifier, examples: Examples) -> Result | None:
        """Find the predictions of `classifier` for `examples`; None if there are none."""
        from sentiment.evaluation.evaluate import find_result

        if self.folder is None and not self.includes_saved:
            return None
        more = sorted(self.folder.glob("*.parquet")) if self.folder else []
        return find_result(classifier, examples, more=more)

    def save(self, result: Result) -> None:
        """Save predictions, in the main process."""
        if self.folder is None or not is_main_process():
            return
        info = result.info
        identity = json.dumps([info.weights_hash, info.method.to_dict(), info.fingerprint])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        name = f"{Path(info.model).name}-{file_stem(info.dataset, info.split)}-{digest}.parquet"
        save_result(result, self.folder / name)
