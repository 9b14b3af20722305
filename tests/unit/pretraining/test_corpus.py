"""The corpus of the miniatures: what is read, what is kept back, and what never is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from sentiment.errors import DataError
from sentiment.pretraining.corpus import build_corpus, clean, held_out_texts, pack, train_tokenizer
from tests.support.builders import tiny_miniature, write_imdb, write_sst2

TRAINED_ON = ("imdb/train", "imdb/unsupervised", "sst2/train")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_imdb(write_sst2(tmp_path_factory.mktemp("data")))


def test_html_line_breaks_become_one_line_feed() -> None:
    assert clean(" a film <br /><br />of note<br>indeed ") == "a film\nof note\nindeed"


def test_the_tokenizer_reads_any_text_and_ignores_case() -> None:
    tokenizer = train_tokenizer(["a lovely film"] * 4, vocabulary=300)
    assert tokenizer.decode(tokenizer.encode("A Lovely café 映画").ids) == "a lovely café 映画"
    assert tokenizer.token_to_id("<|endoftext|>") == 0
    assert tokenizer.get_vocab_size() <= 300


def test_packed_rows_hold_the_documents_in_order() -> None:
    tokenizer = train_tokenizer(["abcd"], vocabulary=300)
    rows = pack(["abcd", "bcda"], tokenizer, context=3)
    first, second = (tokenizer.encode(text).ids for text in ("abcd", "bcda"))
    stream = [0, *first, 0, *second]
    assert rows.ravel().tolist() == stream[: len(stream) // 3 * 3]


def test_a_document_of_a_test_split_is_never_read(tmp_path: Path, data: Path) -> None:
    corpus = build_corpus(tiny_miniature(context=4), tmp_path / "corpus", data=data)
    facts = corpus.facts
    assert facts["left_out_as_test_texts"] == len(_forbidden(data))
    # SST-2's own rows and the reviews, each once, without those
    assert facts["documents"] + facts["held_out_reviews"] == len(_allowed(data))


def _read(data: Path, *names: str) -> list[str]:
    frames = [pd.read_parquet(data / f"{name}.parquet") for name in names]
    return [clean(text) for frame in frames for text in frame.iloc[:, -2]]


def _forbidden(data: Path) -> list[str]:
    tests = set(_read(data, "imdb/test", "sst2/validation"))
    return [text for text in _read(data, *TRAINED_ON) if text in tests]


def _allowed(data: Path) -> list[str]:
    tests = set(_read(data, "imdb/test", "sst2/validation"))
    reviews = set(_read(data, *TRAINED_ON[:2])) - tests
    return [*reviews, *(text for text in _read(data, *TRAINED_ON[2:]) if text not in tests)]


def test_documents_kept_back_are_not_trained_on(tmp_path: Path, data: Path) -> None:
    corpus = build_corpus(tiny_miniature(context=4), tmp_path / "corpus", data=data)
    (kept_back,) = held_out_texts(corpus)
    beginning = kept_back[:60]  # the end may have been cut off in packing
    read = corpus.tokenizer.decode(corpus.train.ravel().tolist(), skip_special_tokens=False)
    assert any(text.startswith(beginning) for text in _read(data, *TRAINED_ON))
    assert f"<|endoftext|>{beginning}" not in read


def test_a_copy_in_other_case_and_spacing_counts_as_the_same_text(
    tmp_path: Path, data: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    path = folder / "imdb" / "unsupervised.parquet"
    frame = pd.read_parquet(path)
    test = pd.read_parquet(folder / "imdb" / "test.parquet")["text"]
    frame.loc[len(frame)] = {"text": test[0].upper().replace(" ", "  "), "label": -1}
    frame.to_parquet(path)
    miniature = tiny_miniature(context=4)
    plain, more = (
        build_corpus(miniature, tmp_path / name, data=source).facts["left_out_as_test_texts"]
        for name, source in (("plain", data), ("more", folder))
    )
    assert more == plain + 1


def test_too_little_text_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(DataError, match="do not fill one block of 65536 tokens"):
        build_corpus(tiny_miniature(context=65536), tmp_path / "corpus", data=data)
    assert not (tmp_path / "corpus").exists()
