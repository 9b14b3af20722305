"""Gold labels: every usual convention is understood and said, and nothing is understood in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.data.columns import ReadOptions
from sentiment.data.gold import read_gold_labels
from sentiment.data.loading import load_examples
from sentiment.errors import DataError
from sentiment.serving.file_job import read_file

UNDERSTOOD = [
    # values, column, labels, what is said
    (["-1", "1", "-1"], "label", [0, 1, 0], "with -1 as negative and 1 as positive"),
    (["−1", "+1"], "label", [0, 1], "with -1 as negative and 1 as positive"),
    (["-1.0", "1.0", ""], "label", [0, 1, -1], "with -1 as negative and 1 as positive"),
    (["-1", "-1"], "label", [-1, -1], "2 of 2 rows are neutral or unlabelled"),
    (["1", "1", "2", "2"], "label", [0, 0, 1, 1], "Yelp's reviews): 2 positive, 2 negative"),
    (["0", "4", "4"], "target", [0, 1, 1], "Sentiment140): 2 positive, 1 negative"),
    (["0", "2", "4"], "label", [0, -1, 1], "('2': 1; row 2)"),
    (["1", "2", "3", "4", "5"], "label", [0, 0, -1, 1, 1], "('3': 1; row 3)"),
    (["1", "2"], "stars", [0, 0], "as stars: 1 and 2 negative"),
    (["5 stars", "1 star", ""], "label", [1, 0, -1], "(empty: 1; row 3)"),
    (["5", "4"], "rating", [1, 1], "2 positive, 0 negative"),
    (["0", "1", "0.0"], "label", [0, 1, 0], "column label: 1 positive, 2 negative"),
    (["Positive", "neg", "neutral"], "sentiment", [1, 0, -1], "('neutral': 1; row 3)"),
    (["LABEL_0", "LABEL_1"], "label", [0, 1], "with LABEL_0 as negative"),
    ([-1, 1], "label", [0, 1], "with -1 as negative"),
]
REFUSED = [
    (["-1", "0", "1"], "'-1' in row 1"),
    (["-1", "0"], "'-1' in row 1"),
    (["-1", "positive"], "'-1' in row 1"),
    (["0", "1", "2"], "'2' in row 3"),
    (["1", "2", "3"], "'2' in row 2"),
    (["2", "2"], "'2' in rows 1, 2"),
    (["2", "4"], "'2' in row 1; '4' in row 2"),
    (["0", "1", "2", "3", "4"], "'2' in row 3"),
    (["1", "3.5", "5"], "'3.5' in row 2"),
    (["positive", "good"], "'good' in row 2"),
    (["LABEL_0", "LABEL_2"], "'LABEL_0' in row 1; 'LABEL_2' in row 2"),
    (["0.3", "0.9"], "'0.3' in row 1; '0.9' in row 2"),
]


def _write(folder: Path, values: list[object], column: str = "label") -> Path:
    path = folder / "mine.csv"
    rows = "".join(f"text {i},{value}\n" for i, value in enumerate(values))
    path.write_text(f"text,{column}\n{rows}", encoding="utf-8")
    return path


@pytest.mark.parametrize(("values", "column", "labels", "said"), UNDERSTOOD)
def test_a_convention_is_understood_and_said_alike_everywhere(
    tmp_path: Path, values: list[object], column: str, labels: list[int], said: str
) -> None:
    gold = read_gold_labels(values, column=column, file="mine.csv")
    assert gold.values is not None
    assert gold.values.tolist() == labels
    assert said in gold.sentence
    path = _write(tmp_path, values, column)
    examples, batch = load_examples(path), read_file(path)
    assert examples.labels.tolist() == labels
    assert batch.gold is not None
    assert batch.gold.tolist() == labels
    assert batch.labels is not None
    assert examples.notes == (f"mine.csv: {batch.labels.sentence}",)


@pytest.mark.parametrize(("values", "named"), REFUSED)
def test_what_is_understood_in_part_gives_no_labels_and_names_the_values(
    tmp_path: Path, values: list[object], named: str
) -> None:
    path = _write(tmp_path, values)
    with pytest.raises(DataError) as refused:
        load_examples(path)
    batch = read_file(path)
    assert batch.gold is None
    assert batch.labels is not None
    for said in (str(refused.value), batch.labels.error):
        assert said.startswith("mine.csv: the labels in the column label are not understood: ")
        assert named in said
        assert "Use 0 / 1, negative / positive" in said


@pytest.mark.parametrize("values", [["1", "0", "neutral"], ["5", "3", "1"], ["1", "0", ""]])
def test_rows_without_one_of_both_labels_can_be_refused(
    tmp_path: Path, values: list[object]
) -> None:
    path = _write(tmp_path, values)
    assert (load_examples(path).labels == -1).sum() == 1
    with pytest.raises(DataError, match="1 of 3 rows are neutral or unlabelled"):
        load_examples(path, reading=ReadOptions(is_strict=True))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (["positive", "negative", "soso", "good", "good"], "'good' in rows 4, 5 (2 rows); 'soso'"),
        (["positive", "neutral", "bad"], "'bad' in row 3. Use"),
        (["0", "1", "", "7"], "'7' in row 4. Use"),
    ],
)
def test_only_values_that_are_not_understood_are_named(values: list[str], named: str) -> None:
    problem = read_gold_labels(values, column="label", file="mine.csv").error
    assert f"are not understood: {named}" in problem
    assert "neutral for neither" in problem
