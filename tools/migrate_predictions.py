"""Rewrite saved predictions so that their method is data: python -m tools.migrate_predictions

Run once on the predictions that come with the project, and on those of checkpoints trained before.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from sentiment.evaluation.results import load_result
from sentiment.labels import LABEL_DESCRIPTIONS
from sentiment.method import Method
from sentiment.paths import ASSETS, trained_directory
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES

KEY = b"sentiment"
PROSE = {
    "trained LoRA": Method(kind="lora"),
    "trained head": Method(kind="head"),
    "trained as a whole": Method(kind="full"),
    "TF-IDF of words and word pairs, logistic regression": Method(kind="tfidf"),
}


def read_method(info: dict[str, str]) -> Method:
    """Return the method that the prose of an old file stands for."""
    prose, name = info["method"], info.get("template", "")
    if prose in PROSE:
        return PROSE[prose]
    if prose.startswith("similarity"):
        return Method(kind="similarity", label_words=LABEL_DESCRIPTIONS)
    return method_of(TEMPLATES[name])


def migrate(path: Path) -> bool:
    """Rewrite the metadata of one file; return whether it was of the old form."""
    table = pq.read_table(path)
    info = json.loads((table.schema.metadata or {})[KEY])
    if not isinstance(info["method"], str):
        return False
    info["method"] = read_method(info).to_dict()
    info.pop("template", None)
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(info).encode()}), path)
    load_result(path)
    return True


if __name__ == "__main__":
    found = [*ASSETS.rglob("*.parquet"), *trained_directory().rglob("predictions/*.parquet")]
    print(f"{sum(map(migrate, found))} of {len(found)} files rewritten")
