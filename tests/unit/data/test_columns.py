"""Columns are found by their usual names, however they are spelt, or by the name that is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.data.columns import LABEL, TEXT, ReadOptions, find_column, require_column
from sentiment.data.loading import load_examples
from sentiment.errors import InputError
from sentiment.serving.file_job import read_file


@pytest.mark.parametrize(
    "header",
    [
        "text,label",
        " Text,LABEL",
        "\u00a0text\u00a0,label\u00a0",
        "review,Sentiment",
        "Review Text,Gold-Label",
        "\ufeffsentence,class",
        "\u200btweet , polarity",
        "ＴＥＸＴ,label",
    ],
)
def test_almost_named_columns_are_found_in_the_app_and_on_the_command_line(
    tmp_path: Path, header: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\na fine film,1\na dull film,0\n", encoding="utf-8")
    examples, batch = load_examples(path), read_file(path)
    assert examples.texts == batch.texts == ("a fine film", "a dull film")
    assert batch.gold is not None
    assert examples.labels.tolist() == batch.gold.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("columns", "role", "chosen", "found"),
    [
        (["review", "text"], TEXT, None, "text"),
        (["text", "review"], TEXT, "review", "review"),
        (["text", "Review"], TEXT, " review ", "Review"),
        (["text", "Text"], TEXT, None, "text"),
        (["text", "mine"], LABEL, "MINE", "mine"),
        (["text", "label"], LABEL, "", None),
        (["text", "predicted_label"], LABEL, None, None),
    ],
)
def test_a_column_is_chosen(
    columns: list[str], role: str, chosen: str | None, found: str | None
) -> None:
    assert find_column(columns, role, chosen) == found


@pytest.mark.parametrize(
    ("columns", "role", "chosen", "message"),
    [
        (["id", "words"], TEXT, None, "No column named text in f.csv. Columns found: id, words."),
        (["text"], LABEL, "mine", "No column named mine in f.csv. Columns found: text."),
        (["Text", "TEXT"], TEXT, None, "Several columns of f.csv match 'text': 'Text' and 'TEXT'"),
        (["predicted_label"], LABEL, "predicted_label", "holds predictions"),
        (["a predicted_label_2"], LABEL, "a predicted_label_2", "holds predictions"),
    ],
)
def test_a_column_that_cannot_be_found_names_those_there_are(
    columns: list[str], role: str, chosen: str | None, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        require_column(columns, role, chosen, file="f.csv")
    assert message in str(refused.value)


def test_chosen_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,words,label,mine\nx,a fine film,often,1\ny,a dull film,never,0\n")
    reading = ReadOptions(text_column="words", label_column="mine")
    examples, batch = load_examples(path, reading=reading), read_file(path, reading)
    assert examples.texts == batch.texts == ("a fine film", "a dull film")
    assert batch.gold is not None
    assert examples.labels.tolist() == batch.gold.tolist() == [1, 0]
    assert read_file(path, ReadOptions(label_column="")).labels is None
