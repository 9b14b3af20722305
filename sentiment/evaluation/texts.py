"""The texts of saved predictions, which hold no texts themselves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sentiment.data.examples import Examples
from sentiment.data.loading import CAPABILITY_TITLES, load_challenge, load_examples
from sentiment.data.sources import BUNDLED_DATASETS, DATASETS
from sentiment.errors import DataError
from sentiment.evaluation.challenge import is_challenge
from sentiment.evaluation.results import Result, ResultInfo
from sentiment.evaluation.subsets import Slice, find_slices
from sentiment.paths import data_directory


def find_texts(result: Result) -> list[str] | None:
    """Find the texts in the order of the result's rows; None if they are not available.

    Texts are read from the bundled data sets, from the folder `$SENTIMENT_DATA` or from what
    `fetch_texts` downloaded before; the Hub is not used. Their fingerprint must match.
    """
    info = result.info
    key = (info.dataset, info.split, info.fingerprint)
    examples = _fetched.get(key)
    if examples is None and (info.dataset in BUNDLED_DATASETS or _has_folder(info)):
        examples = _load(*key, str(data_directory() or ""))
    return None if examples is None else _select_texts(examples, result)


def fetch_texts(result: Result) -> None:
    """Download the texts from the Hugging Face Hub, for `find_texts`.

    Raises:
        DataError: they are not available, or are not those that were evaluated.
    """
    info = result.info
    examples = load_examples(info.dataset, info.split)
    if examples.fingerprint != info.fingerprint:
        raise DataError(
            f"{info.dataset} {info.split} on the Hub is not what was evaluated (fingerprint "
            f"{examples.fingerprint} on the Hub, {info.fingerprint} evaluated)."
        )
    _fetched[(info.dataset, info.split, info.fingerprint)] = examples


def find_parts(result: Result, texts: list[str] | None) -> list[Slice]:
    """Find the slices of the data of `result`; for the challenge set, its capabilities."""
    if not is_challenge(result.info):
        return _find_slices(result, texts is not None)
    capability = load_challenge()["capability"].loc[result.frame["row"]].to_numpy()
    all_texts = Slice("all texts", np.ones(len(capability), dtype=bool))
    return [
        all_texts,
        *(Slice(CAPABILITY_TITLES[name], capability == name) for name in CAPABILITY_TITLES),
    ]


@lru_cache(maxsize=16)
def _find_slices(result: Result, has_texts: bool) -> list[Slice]:
    return find_slices(result, find_texts(result) if has_texts else None)


_fetched: dict[tuple[str, str, str], Examples] = {}


def _has_folder(info: ResultInfo) -> bool:
    return info.dataset in DATASETS and data_directory() is not None


@lru_cache(maxsize=8)
def _load(dataset: str, split: str, fingerprint: str, _directory: str) -> Examples | None:
    try:
        examples = load_examples(dataset, split)
    except DataError:
        return None
    return examples if examples.fingerprint == fingerprint else None


def _select_texts(examples: Examples, result: Result) -> list[str]:
    by_row = dict(zip(examples.rows.tolist(), examples.texts, strict=True))
    return [by_row[row] for row in result.frame["row"].tolist()]
