"""Zero-shot by prompt against an independent implementation, lm-evaluation-harness.

The figures are those lm-eval 0.4.13 prints for the bundled gpt2-mini on the 872 sentences of
SST-2's validation split (backend hf, float32, batch size 32). Its task `sst2` was copied with the
sentence trimmed, as `sentiment.data.loading` trims it; for the second one, prompt and label words
were changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sentiment.data.loading import load_examples
from sentiment.inference.loader import ClassifierLoader
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.encoding import pad

RIGHT = {"harness": 428, "zhao": 536}  # sentences the harness calls right
MEAN_LOG_LIKELIHOODS = {  # of the negative and of the positive words, over all sentences
    "harness": (-10.900246, -11.225546),
    "zhao": (-11.239683, -11.144850),
}


@pytest.mark.parametrize("template", RIGHT)
def test_the_harness_finds_the_same_log_likelihoods(real_data: Path, template: str) -> None:
    examples = load_examples("sst2")
    classifier = ClassifierLoader().load_zero_shot("gpt2-mini", template=template)
    assert isinstance(classifier, NetworkClassifier)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(examples), 109):
            tokenized = classifier.tokenize(examples.texts[start : start + 109])
            ids, mask = pad([text.ids for text in tokenized], pad_id=classifier.pad_id)
            parts.append(classifier.logits(ids, mask).double().numpy())
    log_likelihoods = np.concatenate(parts)  # (872, 2)
    found = log_likelihoods.mean(axis=0)
    assert found == pytest.approx(np.array(MEAN_LOG_LIKELIHOODS[template]), abs=1e-4)
    assert int((log_likelihoods.argmax(axis=1) == examples.labels).sum()) == RIGHT[template]
