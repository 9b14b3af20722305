"""Texts and files of any kind: what is read is answered, and what is not is one sentence."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.data.tables import read_csv
from sentiment.data.writing import write_table
from sentiment.inference.attribution import explain
from sentiment.inference.explanation import MAX_PARTS
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import LABELS
from sentiment.limits import check_text
from sentiment.models.classifier import Classifier
from tests.support.builders import attempt, tiny_backbone, tiny_decoder, tiny_whole

KINDS = ["backbone", "decoder", "whole"]
ODD = ["[MASK]", "[SEP]", "<|endoftext|>", "{}", "{text}", "\ud800", "\0", "😀" * 50, "\u202e"]
texts = st.lists(st.one_of(st.text(max_size=80), st.sampled_from(ODD)), max_size=6).map(" ".join)


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Classifier]:
    home = tmp_path_factory.mktemp("tiny")
    tiny_backbone(home / "backbone")
    tiny_decoder(home / "decoder")
    tiny_whole(home / "whole", dict(enumerate(LABELS)))
    loader = ClassifierLoader("cpu")
    return {kind: loader.load(str(home / kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=40)
@given(drawn=st.lists(texts, min_size=1, max_size=5))
def test_any_texts_are_scored_alike_alone_and_together(
    classifiers: dict[str, Classifier], kind: str, drawn: list[str]
) -> None:
    checked = [attempt(check_text, text) for text in drawn]
    readable = [text for text, problem in checked if not problem]
    assert {problem for _, problem in checked} <= {"", "Type some text first."}
    together = score(classifiers[kind], readable).p_positive
    assert together.shape == (len(readable),)
    assert ((together >= 0) & (together <= 1)).all()
    alone = [score(classifiers[kind], [text]).p_positive[0] for text in readable]
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=20)
@given(drawn=texts)
def test_any_text_is_explained_or_refused(
    classifiers: dict[str, Classifier], kind: str, drawn: str
) -> None:
    text, problem = attempt(check_text, drawn)
    if not problem:
        found, problem = attempt(explain, classifiers[kind], text)
    if problem:
        assert problem.endswith(".")
        return
    assert len(found.parts) == len(found.scores) <= MAX_PARTS
    assert np.isfinite([own for own in found.scores if own is not None]).all()
    assert all(part in text for part in found.parts)


contents = st.one_of(
    st.binary(max_size=200), st.text(max_size=200).map(lambda own: own.encode("utf-8", "replace"))
)


@settings(deadline=None, max_examples=200)
@given(content=contents)
def test_any_file_is_a_table_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for head in (b"", b"text\n", b"text,label\r\n"):
        path.write_bytes(head + content)
        frame, problem = attempt(read_csv, path)
        assert "\n" not in problem
        assert problem or all(isinstance(cell, str) for cell in frame["text"])


cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_what_is_written_is_read_back_and_runs_in_no_spreadsheet(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.unlink(missing_ok=True)
    write_table(pd.DataFrame(rows, columns=["text", "note"], dtype=str), path)
    with path.open(encoding="utf-8", newline="") as file:
        _, *found = csv.reader(io.StringIO(file.read(), newline=""))
    for written, row in zip(found, rows, strict=True):
        for cell, own in zip(written, row, strict=True):
            assert cell in (own, f"'{own}")
            assert not cell.startswith("=")
    read = read_csv(path)
    assert list(read[["text", "note"]].itertuples(index=False, name=None)) == rows
