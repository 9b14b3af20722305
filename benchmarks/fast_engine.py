"""Many texts through a DistilBERT of full size: the int8 engine against the exact one.

Its weights are random, so this says nothing about the labels that int8 changes. The engine proves
itself on each trained checkpoint before it is used: `python -m sentiment score --engine int8`.

python -m benchmarks.fast_engine [--sentences N] [--reviews N] [--layers N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.models import write_distilbert
from benchmarks.rows import many_texts
from benchmarks.turns import report, take_turns
from sentiment.paths import TRAINED_VARIABLE
from sentiment.runtime.logs import silence_libraries

_OURS = "int8"


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=218, help="short texts (218)")
    parser.add_argument("--reviews", type=int, default=125, help="long texts (125)")
    parser.add_argument("--layers", type=int, default=6, help="layers of the network (6)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    from sentiment.inference.int8 import build
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.inference.scoring import score
    from sentiment.models.classifier import NetworkClassifier

    texts = many_texts(options.sentences, options.reviews)
    with tempfile.TemporaryDirectory() as home:
        os.environ[TRAINED_VARIABLE] = home  # where it is kept
        folder = write_distilbert(Path(home) / "distilbert", layers=options.layers)
        exact = ClassifierLoader("cpu").load(str(folder))
        assert isinstance(exact, NetworkClassifier)
        fast, _ = build(exact)
        for classifier in (exact, fast):  # warm
            score(classifier, texts[:8])
        ways = {_OURS: lambda: score(fast, texts), "exact": lambda: score(exact, texts)}
        seconds = take_turns(ways, rounds=options.rounds)
    report(
        f"{options.sentences} sentences and {options.reviews} reviews",
        seconds,
        ours=_OURS,
        is_json=options.json,
    )


if __name__ == "__main__":
    main()
