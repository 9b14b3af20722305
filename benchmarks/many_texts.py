"""Many texts through a DistilBERT of full size: this project, transformers' pipeline, CrossEncoder.

The same texts in the same order, sentences first and reviews after them, and the same random
weights, on a CPU in float32. The probabilities must be the same, so reviews that are too long are
cut for all to what the pipeline reads of them.

python -m benchmarks.many_texts [--sentences N] [--reviews N] [--layers N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models import find_floor, write_distilbert
from benchmarks.rows import cut_text, many_texts
from benchmarks.turns import report, take_turns
from sentiment.runtime.logs import silence_libraries

CLOSE = 1e-5
_ROOM = 510  # tokens of a text beside the two special ones
_BATCH = 32  # of the pipeline, and CrossEncoder's own
_OURS = "this project"


def main() -> None:
    """Measure all in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=872, help="short texts (872)")
    parser.add_argument("--reviews", type=int, default=500, help="long texts (500)")
    parser.add_argument("--layers", type=int, default=6, help="layers of the network (6)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import pipeline

    from sentiment.inference.loader import ClassifierLoader
    from sentiment.inference.scoring import score

    answers: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = write_distilbert(Path(name) / "distilbert", layers=options.layers)
        classifier = ClassifierLoader("cpu").load(str(folder))
        asked = pipeline("text-classification", str(folder), device="cpu", dtype=torch.float32)
        crossed = CrossEncoder(
            str(folder), device="cpu", max_length=512, model_kwargs={"dtype": torch.float32}
        )

        # Else a list of strings would be taken for one pair of texts.
        crossed.is_singular_input = lambda inputs: False
        written = many_texts(options.sentences, options.reviews)
        texts = [cut_text(text, asked.tokenizer, most=_ROOM) for text in written]

        def ours() -> None:
            answers["ours"] = score(classifier, texts).p_positive

        def by_pipeline() -> None:
            found: Any = asked(texts, batch_size=_BATCH, truncation=True, top_k=None)
            scores = [{own["label"]: own["score"] for own in row} for row in found]
            answers["pipeline"] = np.array([row["positive"] for row in scores])

        def by_cross_encoder() -> None:
            found = crossed.predict(texts, batch_size=_BATCH, apply_softmax=True)
            answers["CrossEncoder"] = np.asarray(found)[:, 1]

        ways = {
            _OURS: ours,
            "CrossEncoder.predict": by_cross_encoder,
            "transformers.pipeline": by_pipeline,
        }
        floor = find_floor(asked.model.config, [len(own.ids) for own in classifier.tokenize(texts)])
        seconds = take_turns(ways, rounds=options.rounds)
    difference = max(float(abs(p - answers["ours"]).max()) for p in answers.values())
    if difference > CLOSE:
        raise SystemExit(f"The answers differ by {difference:.2g}.")
    report(
        f"{options.sentences} sentences and {options.reviews} reviews",
        seconds,
        ours=_OURS,
        is_json=options.json,
        largest_difference=difference,
        floor_seconds=round(floor, 2),
        share_of_floor=round(floor / statistics.median(seconds[_OURS]), 2),
    )


if __name__ == "__main__":
    main()
