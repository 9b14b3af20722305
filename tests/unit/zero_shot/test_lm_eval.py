"""Zero-shot and few-shot by prompt against an independent implementation, lm-evaluation-harness.

The figures are those lm-eval 0.4.13 prints for bundled backbones on the 872 sentences of SST-2's
validation split (backend hf, float32): gpt2-mini with batch size 32; SmolLM2 as transformers 5.24
dequantizes it and saves it as a folder, with batch size 8. Its task `sst2` was copied with the
sentence trimmed, as `sentiment.data.loading` trims it; for `zhao`, prompt and label words were
changed. The four demonstrations, those of `draw_demonstrations(4)`, stand in the text of the task.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sentiment.data.loading import load_examples
from sentiment.inference.loader import ClassifierLoader
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.encoding import pad, token_batches
from sentiment.zero_shot.demonstrations import draw_demonstrations

# Model, template, shots: sentences the harness calls right, and its mean log-likelihoods of the
# negative and of the positive words.
FIGURES = {
    ("gpt2-mini", "harness", 0): (428, (-10.900246, -11.225546)),
    ("gpt2-mini", "zhao", 0): (536, (-11.239683, -11.144850)),
    ("smollm2-135m", "harness", 0): (521, (-5.530433, -5.396041)),
    ("smollm2-135m", "zhao", 0): (601, (-6.507238, -5.558575)),
    ("smollm2-135m", "zhao", 4): (670, (-1.470527, -0.826675)),
}
CASES = [
    pytest.param(*case, marks=[pytest.mark.slow] if case[0] == "smollm2-135m" else [])
    for case in FIGURES
]


@pytest.mark.parametrize(("model", "template", "shots"), CASES)
def test_the_harness_finds_the_same_log_likelihoods(
    real_data: Path, model: str, template: str, shots: int
) -> None:
    right, means = FIGURES[model, template, shots]
    examples = load_examples("sst2")
    classifier = ClassifierLoader().load_zero_shot(
        model,
        template=template,
        demonstrations=draw_demonstrations(shots) if shots else None,
    )
    assert isinstance(classifier, NetworkClassifier)
    tokenized = classifier.tokenize(examples.texts)
    log_likelihoods = np.empty((len(examples), 2))
    with torch.inference_mode():
        for batch in token_batches([len(text.ids) for text in tokenized]):
            ids, mask = pad([tokenized[i].ids for i in batch], pad_id=classifier.pad_id)
            log_likelihoods[batch] = classifier.logits(ids, mask).double().numpy()
    assert log_likelihoods.mean(axis=0) == pytest.approx(np.array(means), abs=1e-4)
    assert int((log_likelihoods.argmax(axis=1) == examples.labels).sum()) == right
