"""One text in Compare: all bundled networks asked by the app, against their bare forward passes.

Everything is warm and in one process. The difference is what tokenizing, counting, choosing the
model and putting the answer into words take.

python -m benchmarks.one_text [--rounds N] [--json]
"""

from __future__ import annotations

import argparse

from benchmarks.turns import report, take_turns
from sentiment.runtime.logs import silence_libraries

TEXT = "it 's a warm and quietly funny film , though half an hour too long ."
_REPEATED = 5  # times in a round


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (15)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    import torch

    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.classifier import NetworkClassifier
    from sentiment.models.encoding import pad
    from sentiment.paths import BUNDLED
    from sentiment.serving.lineup import LineUp
    from sentiment.serving.predictor import LocalPredictor

    loader = ClassifierLoader("cpu")
    lineup = LineUp(LocalPredictor(loader))
    models = [m for m in lineup.models() if m.folder.parent == BUNDLED and m.kind != "baseline"]
    passes = []
    for model in models:
        classifier = loader.load(model.source, display_name=model.name)
        assert isinstance(classifier, NetworkClassifier)
        batch = pad([classifier.tokenize([TEXT])[0].ids], pad_id=classifier.pad_id)
        passes.append((classifier.logits, *batch))

    def by_app() -> None:
        for model in models * _REPEATED:
            lineup.predict(model, TEXT)

    def bare() -> None:
        with torch.inference_mode():
            for logits, ids, mask in passes * _REPEATED:
                logits(ids, mask)

    for work in (by_app, bare):  # warm
        work()
    seconds = take_turns({"bare forward passes": bare, "the app": by_app}, rounds=options.rounds)
    what = f"one text, {len(models)} networks, {_REPEATED} times"
    report(what, seconds, ours="bare forward passes", is_json=options.json)


if __name__ == "__main__":
    main()
