"""Plain text for language modelling: documents, a tokenizer of their own, packed token blocks."""

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

# What the miniatures read, and what they must never have read: a few test reviews stand in the
# other splits too, and are taken out there.
SOURCES = (("imdb", "train"), ("imdb", "unsupervised"), ("sst2", "train"))
FORBIDDEN = (("imdb", "test"), ("sst2", "validation"))
HELD_OUT_SHARE = 0.01  # of the reviews: their perplexity is what a pretraining is judged by
_ENCODED_AT_A_TIME = 4096
_LINE_BREAKS = re.compile(r"(?:\s*<br\s*/?>\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class Corpus:
    """Token blocks to train on and to measure on, with the tokenizer that made them."""

    train: np.ndarray  # (sequences, context) uint16
    held_out: np.ndarray  # (sequences, context) uint16
    tokenizer: Tokenizer
    facts: dict[str, Any]  # what was read: sources, documents, tokens, fingerprint


def clean(text: str) -> str:
    """Replace each run of HTML line breaks in `text` by a line feed, and strip it."""
    return _LINE_BREAKS.sub("\n", text).strip()


def _bare(text: str) -> str:
    """Normalize `text` so that copies in other case and white space are equal."""
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
    """Pack the documents into rows, each document begun by the end-of-text token.

    Returns:
        (sequences, context) uint16; the tokens left over at the end are dropped.
    """
    begin = tokenizer.token_to_id(END_OF_TEXT)
    rows = [
        np.array([begin, *encoding.ids], dtype=np.uint16)
        for part in _parts(documents)
        for encoding in tokenizer.encode_batch(part)
    ]
    tokens = np.concatenate(rows) if rows else np.empty(0, dtype=np.uint16)
    sequences = len(tokens) // context
    return tokens[: sequences * context].reshape(sequences, context)


def held_out_texts(corpus: Corpus) -> list[str]:
    """Decode the held-out documents from their tokens; the last may be cut off."""
    tokens = corpus.held_out.ravel()
    starts = np.flatnonzero(tokens == corpus.tokenizer.token_to_id(END_OF_TEXT))
    return [
        corpus.tokenizer.decode(part[1:].tolist())
        for part in np.split(tokens, starts)
        if len(part) > 1
    ]


def _parts(documents: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(documents), _ENCODED_AT_A_TIME):
        yield list(documents[start : start + _ENCODED_AT_A_TIME])


def build_corpus(miniature: Miniature, folder: Path, *, data: Path | None) -> Corpus:
    """Read the sources, train the tokenizer, pack the blocks, and keep all of it in `folder`.

    A corpus that `folder` already holds is read back instead.

    Args:
        data: a folder with `sst2/` and `imdb/`; by default `$SENTIMENT_DATA` or the Hub.

    Raises:
        DataError: a source cannot be had, or holds too little text for one block.
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
    """Texts to train on and reviews to measure on, without any that stands in a test split."""

    train: list[str]
    held_out: list[str]
    facts: dict[str, Any]  # sources and counts


def read_documents(*, data: Path | None, seed: int) -> Documents:
    """Read the sources, leave test texts out, and keep a seeded sample of the reviews back.

    Raises:
        DataError: a source cannot be had.
    """

    def read(source: tuple[str, str]) -> list[str]:
        return [clean(text) for text in load_examples(*source, directory=data).texts]

    forbidden = {_bare(text) for source in FORBIDDEN for text in read(source)}
    texts = {source: read(source) for source in SOURCES}
    allowed = {
        source: [text for text in part if _bare(text) not in forbidden]
        for source, part in texts.items()
    }
    # A review that stands there twice could be trained on and measured on: once is enough.
    reviews = list(
        dict.fromkeys(text for source in SOURCES if source[0] == "imdb" for text in allowed[source])
    )
    phrases = [text for source in SOURCES if source[0] != "imdb" for text in allowed[source]]
    random = np.random.default_rng(seed)
    order = random.permutation(len(reviews))
    kept_back = max(1, round(HELD_OUT_SHARE * len(reviews)))
    held_out = [reviews[i] for i in order[:kept_back]]
    documents = [reviews[i] for i in order[kept_back:]] + phrases
    documents = [documents[i] for i in random.permutation(len(documents))]
    facts = {
        "sources": {"-".join(source): len(part) for source, part in texts.items()},
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
