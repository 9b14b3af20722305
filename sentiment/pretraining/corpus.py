"""The pretraining corpus: documents, a tokenizer trained on them, and packed token blocks."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from sentiment.data.loading import load_examples
from sentiment.errors import DataError
from sentiment.pretraining.miniatures import END_OF_TEXT, Miniature
from sentiment.runtime.files import read_json, write_folder, write_json

# Splits to train on, and evaluation splits: a few of their texts are also in the training splits,
# and are removed from those.
SOURCES = (("imdb", "train"), ("imdb", "unsupervised"), ("sst2", "train"))
FORBIDDEN = (("imdb", "test"), ("sst2", "validation"))
HELD_OUT_SHARE = 0.01  # of the reviews, for the perplexity
_ENCODING_BATCH = 4096
_LINE_BREAKS = re.compile(r"(?:\s*<br\s*/?>\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class Corpus:
    """Token blocks for training and evaluation, with their tokenizer."""

    train: np.ndarray  # (sequences, context) uint16
    held_out: np.ndarray  # (sequences, context) uint16
    tokenizer: Tokenizer
    facts: dict[str, Any]  # sources, documents, tokens, fingerprint


def clean(text: str) -> str:
    """Replace each run of HTML line breaks in `text` by a line feed, and strip it."""
    return _LINE_BREAKS.sub("\n", text).strip()


def _normalize(text: str) -> str:
    """Normalize case and white space of `text`, to find duplicates."""
    return " ".join(text.lower().split())


def train_tokenizer(documents: Iterable[str], *, vocabulary: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer of lower-cased text; token 0 is the end of text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


def pack(documents: Sequence[str], tokenizer: Tokenizer, *, context: int) -> np.ndarray:
    """Pack the tokens of all documents into rows, with an end-of-text token before each document.

    Returns:
        (sequences, context) uint16; the tokens of an incomplete last row are dropped.
    """
    begin = tokenizer.token_to_id(END_OF_TEXT)
    rows = [
        np.array([begin, *encoding.ids], dtype=np.uint16)
        for part in _batches(documents)
        for encoding in tokenizer.encode_batch(part)
    ]
    tokens = np.concatenate(rows) if rows else np.empty(0, dtype=np.uint16)
    sequences = len(tokens) // context
    return tokens[: sequences * context].reshape(sequences, context)


def held_out_texts(corpus: Corpus) -> list[str]:
    """Decode the held-out documents from their tokens; the last may be truncated."""
    tokens = corpus.held_out.ravel()
    starts = np.flatnonzero(tokens == corpus.tokenizer.token_to_id(END_OF_TEXT))
    return [
        corpus.tokenizer.decode(part[1:].tolist())
        for part in np.split(tokens, starts)
        if len(part) > 1
    ]


def _batches(documents: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(documents), _ENCODING_BATCH):
        yield list(documents[start : start + _ENCODING_BATCH])


def build_corpus(miniature: Miniature, folder: Path, *, data: Path | None) -> Corpus:
    """Read the sources, train the tokenizer, pack the blocks, and save them in `folder`.

    A corpus that is already in `folder` is loaded instead.

    Args:
        data: a folder with `sst2/` and `imdb/`; by default `$SENTIMENT_DATA` or the Hub.

    Raises:
        DataError: a source is not available, or has too little text for one block.
        CheckpointError: `folder` cannot be written.
    """
    if not folder.exists():
        _write_corpus(miniature, folder, data=data)
    return Corpus(
        train=np.load(folder / "train.npy", mmap_mode="r"),
        held_out=np.load(folder / "held_out.npy", mmap_mode="r"),
        tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
        facts=read_json(folder / "corpus.json"),
    )


@dataclass(frozen=True)
class Documents:
    """Training texts and held-out reviews, without texts of the evaluation splits."""

    train: list[str]
    held_out: list[str]
    facts: dict[str, Any]  # sources and counts


def read_documents(*, data: Path | None, seed: int) -> Documents:
    """Read the sources without evaluation texts, and hold out a sample of the reviews.

    Raises:
        DataError: a source is not available.
    """

    def read(source: tuple[str, str]) -> list[str]:
        return [clean(text) for text in load_examples(*source, directory=data).texts]

    forbidden = {_normalize(text) for source in FORBIDDEN for text in read(source)}
    texts = {source: read(source) for source in SOURCES}
    allowed = {
        source: [text for text in split_texts if _normalize(text) not in forbidden]
        for source, split_texts in texts.items()
    }
    # Without duplicates, no review is in both the training and the held-out texts.
    reviews = list(
        dict.fromkeys(text for source in SOURCES if source[0] == "imdb" for text in allowed[source])
    )
    phrases = [text for source in SOURCES if source[0] != "imdb" for text in allowed[source]]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(reviews))
    held_out_count = max(1, round(HELD_OUT_SHARE * len(reviews)))
    held_out = [reviews[i] for i in order[:held_out_count]]
    documents = [reviews[i] for i in order[held_out_count:]] + phrases
    documents = [documents[i] for i in rng.permutation(len(documents))]
    facts = {
        "sources": {"-".join(source): len(split_texts) for source, split_texts in texts.items()},
        "left_out_as_test_texts": sum(map(len, texts.values())) - sum(map(len, allowed.values())),
        "documents": len(documents),
        "held_out_reviews": len(held_out),
    }
    return Documents(documents, held_out, facts)


def _write_corpus(miniature: Miniature, folder: Path, *, data: Path | None) -> None:
    read = read_documents(data=data, seed=miniature.seed)
    documents, held_out = read.train, read.held_out
    tokenizer = train_tokenizer(documents, vocabulary=miniature.vocabulary)
    blocks = {
        "train": pack(documents, tokenizer, context=miniature.context),
        "held_out": pack(held_out, tokenizer, context=miniature.context),
    }
    if min(map(len, blocks.values())) == 0:
        raise DataError(
            f"{len(documents):,} documents to train on and {len(held_out):,} to measure on do not "
            f"fill one block of {miniature.context} tokens each; give more text."
        )
    digest = hashlib.sha256()
    for text in itertools.chain(documents, ["\0"], held_out):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
    with write_folder(folder) as staging:
        for name, rows in blocks.items():
            np.save(staging / f"{name}.npy", rows)
        tokenizer.save(str(staging / "tokenizer.json"))
        write_json(
            staging / "corpus.json",
            {
                **read.facts,
                "train_tokens": int(blocks["train"].size),
                "held_out_tokens": int(blocks["held_out"].size),
                "fingerprint": digest.hexdigest()[:16],
            },
        )
