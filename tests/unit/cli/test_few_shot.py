"""Few-shot prompting on the command line: draws, their mean, and runs that continue."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sentiment.cli import predictions
from sentiment.cli.main import main
from sentiment.evaluation.prediction_files import load_predictions
from sentiment.evaluation.results import load_result

ROWS = "text,label\nA fine film.,1\nA dull film.,0\nWhat a mess.,0\nI loved it.,1\nLovely.,1\n"


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return str(path)


def _evaluate(data: str, *options: str) -> int:
    return main(["evaluate", "gpt2-mini", "--data", data, "--template", "zhao", *options])


def test_every_draw_is_printed_with_mean_and_deviation(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _evaluate(data, "--shots", "2", "--draws", "3", "--shots-seed", "4", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    (summary,) = printed["few_shot"]
    assert [draw["seed"] for draw in summary["draws"]] == [4, 5, 6]
    assert len({model["thresholds"]["batch_mean"] for model in printed["models"]}) == 3
    for metric, of_model in (("accuracy", "accuracy"), ("auroc", "auroc")):
        values = [model[of_model] for model in printed["models"]]
        assert [draw[metric] for draw in summary["draws"]] == values
        assert summary["mean"][metric] == pytest.approx(np.mean(values))
        assert summary["standard_deviation"][metric] == pytest.approx(np.std(values, ddof=1))
    assert _evaluate(data, "--shots", "2", "--draws", "3", "--shots-seed", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "few-shot: prompt, “Review: … Sentiment:”" in lines[0]
    assert "2-shot from first-lesson" in lines[0]
    assert lines[1].split() == ["draw", *["accuracy", "at", "the", "batch", "mean", "AUROC"]]
    rows = {line[2:22].strip(): line[22:].split() for line in lines[2:]}
    assert list(rows) == ["seed 4", "seed 5", "seed 6", "mean", "standard deviation"]
    for i, metric in enumerate(("accuracy", "batch_mean_accuracy", "auroc")):
        assert rows["seed 5"][i] == f"{summary['draws'][1][metric]:.4f}"
        assert rows["mean"][i] == f"{summary['mean'][metric]:.4f}"
        assert rows["standard deviation"][i] == f"{summary['standard_deviation'][metric]:.4f}"


def test_one_draw_is_shown_as_any_model_is(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _evaluate(data, "--shots", "2") == 0
    printed = capsys.readouterr().out
    assert "(few-shot: prompt" in printed
    assert "2-shot, first-lesson, seed 0" in printed
    for calibration in ("batch mean", "contextual calibration", "PMI-DC"):
        assert f"({calibration})" in printed


def test_a_stopped_run_continues_where_it_stopped(
    data: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "kept"
    made: list[int] = []
    score_now = predictions._score_now

    def counted(classifier, *arguments):  # type: ignore[no-untyped-def]
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(classifier.method.shots_seed)
        return score_now(classifier, *arguments)

    monkeypatch.setattr(predictions, "_score_now", counted)
    options = ["--shots", "2", "--draws", "3", "--predictions", str(kept)]
    assert _evaluate(data, *options) == 130
    assert made == [0, 1]
    monkeypatch.setattr(predictions, "_score_now", score_now)
    assert _evaluate(data, *options) == 0
    first = capsys.readouterr().out
    methods = {load_result(path).info.method for path in kept.glob("*.parquet")}
    assert {(own.shots, own.shots_seed, own.shots_from) for own in methods} == {
        (2, seed, "first-lesson") for seed in range(3)
    }

    def refuse(*_: object) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(predictions, "_score_now", refuse)
    assert _evaluate(data, *options) == 0
    assert capsys.readouterr().out == first
    for other in (["--shots", "3"], ["--shots", "2", "--shots-seed", "9"], ["--shots", "0"]):
        with pytest.raises(AssertionError, match="scored again"):
            _evaluate(data, *other, "--predictions", str(kept))


def test_draws_have_columns_of_their_own(data: str, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert _evaluate(data, "--shots", "2", "--draws", "2", "--output", str(output)) == 0
    names = [result.info.model for result in load_predictions(output).results]
    assert names == [f"gpt2-mini (2-shot, first-lesson, seed {seed})" for seed in range(2)]


def test_fine_tuned_models_are_compared_as_they_are(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["gpt2-mini", "gpt2-mini-sst2-lora"]
    assert main(["compare", *models, "--data", data, "--shots", "2", "--draws", "2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [(own["model"], own["kind"]) for own in printed["models"]] == [
        ("gpt2-mini (2-shot, first-lesson, seed 0)", "few-shot"),
        ("gpt2-mini (2-shot, first-lesson, seed 1)", "few-shot"),
        ("gpt2-mini-sst2-lora", "fine-tuned"),
    ]
    assert len(printed["pairs"]) == 3


def test_saved_zero_shot_predictions_are_not_taken_for_few_shot_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["compare", "gpt2-mini", "tfidf-sst2", "--data", "challenge", "--json"]
    assert main(command) == 0
    zero = json.loads(capsys.readouterr().out)["models"][0]
    assert main([*command, "--shots", "2"]) == 0
    few = json.loads(capsys.readouterr().out)["models"][0]
    assert (zero["kind"], few["kind"]) == ("zero-shot", "few-shot")
    assert zero["auroc"] != few["auroc"]


def test_the_prompt_of_each_draw_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["prompt", "gpt2-mini", "A fine film.", "--template", "zhao", "--shots", "2"]
    assert main([*command, "--draws", "2"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("review: ") == 6
    assert printed.count("review: a fine film.\nsentiment:\n") == 2
    assert "i love this show, and the new season is even better than the last." in printed
    assert "2-shot, first-lesson, seed 1" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gpt2-mini", "--draws", "2"], "--draws is for few-shot prompting. Add the number of"),
        (["gpt2-mini", "--shots-from", "sst2"], "--shots-from is for few-shot prompting"),
        (["gpt2-mini", "--shots-seed", "1"], "--shots-seed is for few-shot prompting"),
        (["gpt2-mini", "--shots", "-1"], "-1 demonstrations were asked for. Choose from 1 to 32"),
        (["gpt2-mini", "--shots", "2", "--draws", "0"], "--draws is 0; choose from 1 to 100."),
        (["gpt2-mini", "--shots", "2", "--shots-seed", "-3"], "seed of the demonstrations is -3"),
        (["gpt2-mini", "--shots", "32"], "32 demonstrations and the template 'superlative' take"),
        (
            ["tfidf-sst2", "--shots", "2"],
            "tfidf-sst2 is a TF-IDF baseline; --shots is for zero-shot",
        ),
        (["gpt2-mini-sst2-lora", "--shots", "2"], "gpt2-mini-sst2-lora is fine-tuned; --shots is"),
        (["distilbert-mini", "--shots", "2"], "answers by similarity, which takes no demonst"),
        (["gpt2-mini", "--shots", "2", "--shots-from", "sst2"], "sst2/train.parquet"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "prompt"])
def test_bad_options_get_a_sentence(
    command: str,
    arguments: list[str],
    message: str,
    data: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SENTIMENT_DATA", str(tmp_path))
    model, *options = arguments
    rest = ["--data", data] if command == "evaluate" else ["A fine film."]
    assert main([command, model, *rest, *options]) == 2
    assert message in capsys.readouterr().err
