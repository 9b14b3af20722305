"""A file through several models: refusals, order, stopping, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sentiment.errors import InputError
from sentiment.limits import MAX_CHARACTERS, MAX_ROWS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving import file_job
from sentiment.serving.answers import BatchPrediction
from sentiment.serving.file_job import Run, read_file, read_lines

ONE = ModelInfo("one", Path("nowhere"), "zero-shot", "net", "none")
TWO = ModelInfo("two", Path("nowhere"), "fine-tuned", "net", "lora")
THREE = ModelInfo("three", Path("nowhere"), "fine-tuned", "net", "head")


def _answer(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
    """Positive where a text says good; the second model is surer."""
    p = [(0.7 if model is ONE else 0.9) if "good" in t else 0.2 for t in texts]
    n = tuple(len(text.split()) for text in texts)
    return BatchPrediction(tuple(p), n, n)


def _write(path: Path, rows: list[tuple[object, ...]], columns: list[str]) -> Path:
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def _finish(run: Run) -> list[file_job.Progress]:
    return list(run.parts(_answer, lambda: False))


def test_rows_keep_their_order_and_their_columns(tmp_path: Path) -> None:
    rows = [(i, f"{'good' if i % 2 else 'bad'} {'word ' * (i % 7)}") for i in range(40)]
    run = Run(read_file(_write(tmp_path / "in.csv", rows, ["id", "text"])), [ONE, TWO])
    steps = _finish(run)
    assert steps[-1].done == steps[-1].total == 80
    frame, renamed = run.to_frame()
    assert frame["id"].tolist() == [str(i) for i in range(40)]
    added = ("predicted_label", "p_positive", "tokens read")
    assert list(frame)[2:] == [f"{model} {name}" for model in ("one", "two") for name in added]
    assert frame["one predicted_label"].tolist() == ["negative", "positive"] * 20
    assert frame["two p_positive"].tolist()[:2] == ["0.200000", "0.900000"]
    assert frame["one tokens read"].tolist()[:2] == ["1 of 1", "2 of 2"]
    assert renamed == {}
    assert run.to_results() == []


def test_the_columns_of_one_model_do_not_name_it() -> None:
    run = Run(read_lines("good"), [ONE])
    _finish(run)
    frame, _ = run.to_frame()
    assert list(frame) == ["text", "predicted_label", "p_positive", "tokens read"]


@pytest.mark.parametrize("models", [[ONE], [TWO], [ONE, TWO]])
def test_the_neutral_mass_is_a_column_of_the_models_that_have_one(
    models: list[ModelInfo], tmp_path: Path
) -> None:
    def answer(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        neutral = tuple(len(text) / 100 for text in texts) if model is TWO else ()
        return replace(_answer(model, texts), p_neutral=neutral)

    rows = [("good",), ("",), ("a bad one",)]
    run = Run(read_file(_write(tmp_path / "in.csv", rows, ["text"])), models)
    list(run.parts(answer, lambda: False))
    frame, _ = run.to_frame()
    names = [name for name in frame if name.endswith("p_neutral")]
    expected = {1: ["p_neutral"], 2: ["two p_neutral"]}[len(models)] if TWO in models else []
    assert names == expected
    if names:
        assert frame[names[0]].tolist() == ["0.040000", "", "0.090000"]


def test_labels_give_results_on_the_rows_that_all_models_answered(tmp_path: Path) -> None:
    rows = [("good", 1), ("bad", "negative"), ("", 1), ("good", "unsure"), ("bad", 1)]
    run = Run(read_file(_write(tmp_path / "in.csv", rows, ["text", "label"])), [ONE, TWO])
    _finish(run)
    one, two = run.to_results()
    assert one.frame["row"].tolist() == [0, 1, 4]
    assert one.metrics.accuracy == pytest.approx(2 / 3)
    assert two.info.fingerprint == one.info.fingerprint
    frame, _ = run.to_frame()
    assert frame["label"].tolist() == ["1", "negative", "1", "unsure", "1"]
    for model in ("one", "two"):
        assert frame[f"{model} error"].tolist() == ["", "", "empty text", "", ""]


def test_what_was_done_when_it_was_stopped_is_kept() -> None:
    run = Run(read_lines("\n".join(["good film " * 100] * 100)), [ONE, TWO])
    asked = []

    def is_stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    steps = list(run.parts(_answer, is_stopped))
    assert len(steps) == 2
    done = int(run.predictions["one"].is_scored.sum())
    assert done == steps[-1].done < 100
    frame, _ = run.to_frame()
    assert (frame["one predicted_label"] == "positive").sum() == done
    assert (frame["two predicted_label"] == "").all()
    assert "one error" not in frame


def test_a_model_that_fails_says_so_and_the_others_answer() -> None:
    def answer(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        return BatchPrediction(error="one is incomplete") if model is ONE else _answer(model, texts)

    run = Run(read_lines("good\nbad"), [ONE, TWO])
    steps = list(run.parts(answer, lambda: False))
    assert run.problems == {"one": "one is incomplete"}
    assert steps[-1].done == steps[-1].total == 2
    assert run.is_whole
    frame, _ = run.to_frame()
    assert frame["one error"].tolist() == ["one is incomplete"] * 2
    assert frame["two predicted_label"].tolist() == ["positive", "negative"]
    assert "two error" not in frame


def test_a_slow_model_gets_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    sizes = []
    monkeypatch.setattr(file_job.time, "monotonic", lambda: clock[0])

    def answer(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        sizes.append(len(texts))
        clock[0] += 0.01 * sum(map(len, texts))  # a hundred characters a second
        return _answer(model, texts)

    run = Run(read_lines("\n".join(["good film!"] * 300)), [ONE])
    steps = list(run.parts(answer, lambda: False))
    assert sizes[0] == 200
    assert set(sizes[1:]) == {2}
    assert steps[-1].per_second == pytest.approx(10)
    assert steps[0].seconds_left == pytest.approx(10)


def test_the_time_left_follows_a_machine_that_gets_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(file_job.time, "monotonic", lambda: clock[0])

    def answer(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        per_second = 10_000 if clock[0] < 20 else 1_000  # characters
        clock[0] += sum(map(len, texts)) / per_second
        return _answer(model, texts)

    run = Run(read_lines("\n".join(["good film " * 10] * 3_000)), [ONE])
    told = [(clock[0], step.seconds_left) for step in run.parts(answer, lambda: False)]
    end = clock[0]
    # Once the window has passed, the time told is the time it takes.
    late = [(left, end - when) for when, left in told if 30 < when < end - 1]
    assert len(late) > 50
    assert all(0.8 * true < left < 1.25 * true for left, true in late)


def test_rows_on_which_any_two_models_differ_are_disagreements() -> None:
    run = Run(read_lines("good\nbad\ngood"), [ONE, TWO, THREE])
    _finish(run)
    run.predictions["three"].p_positive[:] = [0.9, 0.1, 0.3]
    assert run.disagreements.tolist() == [False, False, True]


def test_a_long_text_is_a_part_of_its_own() -> None:
    sizes = []

    def answer(texts: Sequence[str]) -> BatchPrediction:
        sizes.append([len(text) for text in texts])
        return _answer(ONE, texts)

    list(file_job.cut(["x" * 15_000, "x" * 9_000, "good"], answer))
    assert sizes[0] == [15_000]


def test_labels_that_are_understood_in_part_are_named_and_do_not_count(tmp_path: Path) -> None:
    rows = [("good", "5 thumbs"), ("bad", "1"), ("good", "")]
    found = read_file(_write(tmp_path / "in.csv", rows, ["text", "label"]))
    assert found.gold is None
    assert found.labels is not None
    assert "not understood: '5 thumbs' in row 1. Use" in found.labels.error


def test_a_model_that_has_not_begun_is_left_out_of_the_scores(tmp_path: Path) -> None:
    rows = [("good", 1), ("bad", 0)]
    run = Run(read_file(_write(tmp_path / "in.csv", rows, ["text", "label"])), [ONE, TWO])
    steps = run.parts(_answer, lambda: run.answered(ONE) == 2)
    assert len(list(steps)) == 1
    assert not run.is_whole
    assert [result.info.model for result in run.to_results()] == ["one"]


def test_pasted_lone_surrogates_are_replaced() -> None:
    assert read_lines("good \ud800 film").texts == ("good ? film",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,words\n1,good\n", "No column named text in in.csv. Columns found: id, words."),
        ("text\n" + "good\n" * (MAX_ROWS + 1), "The file has 5,001 rows; the limit is 5,000."),
        ("text\n\n\n", "There is no text to score"),
        ("text\n" + "x" * (6 * 2**20) + "\n", "The file has 6.0 MB; the limit is 5 MB."),
        ("text\n\0\n", "This is not a UTF-8 CSV file"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        read_file(path)


def test_a_text_over_the_limit_is_named_in_its_row(tmp_path: Path) -> None:
    rows = [("good",), ("x" * (MAX_CHARACTERS + 1),)]
    found = read_file(_write(tmp_path / "in.csv", rows, ["text"]))
    assert found.errors == ("", "20,001 characters; the limit is 20,000")


def test_columns_of_the_file_are_never_overwritten(tmp_path: Path) -> None:
    rows = [("good", "mine")]
    run = Run(read_file(_write(tmp_path / "in.csv", rows, ["text", "predicted_label"])), [ONE])
    _finish(run)
    frame, renamed = run.to_frame()
    assert frame["predicted_label"].tolist() == ["mine"]
    assert frame["predicted_label_2"].tolist() == ["positive"]
    assert renamed == {"predicted_label": "predicted_label_2"}
