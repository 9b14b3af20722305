"""Files of predictions: gold labels and predictions are kept apart, ids are met as written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sentiment.cli.main import main
from sentiment.data.columns import ReadOptions
from sentiment.errors import DataError, SentimentError
from sentiment.evaluation.comparison import compare
from sentiment.evaluation.prediction_files import (
    find_scored,
    load_predictions,
    share_gold,
    to_table,
)
from sentiment.inference.score_file import score_file
from tests.support.builders import FakeClassifier

PREDICTED = ("predicted_label", "p_positive")
TEXTS = ("a great film", "a dull film", "", "a great one")


def _source(folder: Path, ending: str = ".csv", **columns: object) -> Path:
    path = folder / f"in{ending}"
    frame = pd.DataFrame({"text": TEXTS, **columns})
    if ending == ".csv":
        frame.to_csv(path, index=False)
    elif ending == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("ids", [{}, {"id": ["a", "b", "c", "d"]}, {"id": [7, 8, 9, 10]}])
def test_a_scored_file_is_compared_with_another_one_by_its_ids(
    tmp_path: Path, ending: str, ids: dict[str, object]
) -> None:
    labelled = _source(tmp_path, ending, label=[1, 0, 1, 0], **ids)
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    score_file(FakeClassifier(), labelled, one)
    score_file(FakeClassifier(), _source(tmp_path, ending, **ids), two)
    files = [load_predictions(path) for path in (one, two)]
    assert [file.has_gold for file in files] == [True, False]
    results = share_gold(files)
    assert [result.gold.tolist() for result in results] == [[1, 0, 0]] * 2
    (pair,) = compare(results)
    assert (pair.a, pair.b, pair.n, pair.both_right) == ("one", "two", 3, 2)


def test_a_scored_file_without_gold_labels_is_not_compared_with_itself(tmp_path: Path) -> None:
    scored = tmp_path / "scored.csv"
    score_file(FakeClassifier(), _source(tmp_path, id=[1, 2, 3, 4]), scored)
    columns = set(pd.read_csv(scored).columns)
    assert not columns & {"label", "labels", "gold", "sentiment"}
    file = load_predictions(scored)
    assert (file.results[0].frame["gold"] == -1).all()
    with pytest.raises(DataError, match=r"^scored\.csv: no gold labels"):
        share_gold([file, file])
    with pytest.raises(SentimentError, match="holds predictions"):
        load_predictions(scored, ReadOptions(label_column="predicted_label"))


def test_several_models_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "batch.csv"
    path.write_text(
        "id,label,a p_positive,a error,b p_positive,b error,p_positive_2\n"
        "1,1,0.9,,0.2,,0.5\n2,0,0.1,,,broken,0.4\n"
    )
    file = load_predictions(path)
    assert [result.info.model for result in file.results] == ["a", "b", "batch (2)"]
    assert [result.frame["row"].tolist() for result in file.results] == [[1]] * 3
    assert find_scored(file).tolist() == [True, False]
    assert "1 of 2 rows have no prediction and are left out (row 2)" in " ".join(file.notes)
    table = to_table(file.results)
    assert list(table) == [
        *("id", "label"),
        *(f"{model} {name}" for model in ("a", "b", "batch (2)") for name in PREDICTED),
    ]
    assert table["label"].tolist() == ["positive"]


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("0,8", "Use a decimal point: 0.8."),
        ("80", "divide the column by 100."),
        ("2.3", "turn them into probabilities first."),
        ("", "Fill it in, or leave the row out."),
        ("nan", "Correct it, or leave the row out."),
        ("-0.1", "turn them into probabilities first."),
        ("much", "Correct it, or leave the row out."),
    ],
)
def test_a_value_that_is_no_probability_is_named_with_its_row(
    tmp_path: Path, value: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.csv"
    pd.DataFrame({"id": [1, 2], "label": [0, 1], "p_positive": ["0.1", value]}).to_csv(path)
    assert main(["compare", str(path), str(path)]) == 2
    said = capsys.readouterr().err
    assert f"two.csv, row 2: p_positive is {value!r}. Expected a probability from 0 to 1" in said
    assert advice in said


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (["01", "02"], ["1", "2"], ("'01'", "'1'")),
        (["1.0", "2.0"], ["1", "2"], ("'1.0'", "'1'")),
        (["a", "b"], ["a", "c"], ("'b'", "'c'")),
        (["1", "2"], ["1", "3"], ("'2'", "'3'")),
    ],
)
def test_ids_that_do_not_meet_are_shown_from_each_side(
    tmp_path: Path,
    first: list[str],
    second: list[str],
    shown: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, ids in (("one", first), ("two", second)):
        frame = pd.DataFrame({"id": ids, "label": [0, 1], "p_positive": [0.1, 0.9]})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    assert main(["compare", str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]) == 2
    said = capsys.readouterr().err
    assert f"only in one, such as {shown[0]}" in said
    assert f"only in two, such as {shown[1]}" in said


def test_a_file_without_probabilities_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\n1,0\n")
    with pytest.raises(
        SentimentError, match=r"No column named p_positive in a\.csv\. .* id, label"
    ):
        load_predictions(tmp_path / "a.csv")
