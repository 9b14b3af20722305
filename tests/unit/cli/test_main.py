from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sentiment import __version__
from sentiment.cli.main import main
from sentiment.evaluation.prediction_files import load_predictions
from sentiment.evaluation.results import load_result
from sentiment.recipes import RECIPES, find_recipe
from tests.support.builders import tiny_decoder, tiny_miniature, tiny_whole, write_imdb, write_sst2
from tests.support.commands import train


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["models", "--help"],
        ["score", "--help"],
        ["evaluate", "--help"],
        ["convert", "--help"],
        ["prompt", "--help"],
        ["train", "--help"],
        ["compare", "--help"],
        ["latency", "--help"],
        ["rescore", "--help"],
        ["push", "--help"],
        ["deploy", "--help"],
        ["make", "--help"],
        ["make", "pretrain", "--help"],
        ["make", "convert", "--help"],
        ["make", "template", "--help"],
        ["make", "baseline", "--help"],
        ["pretrain", "--help"],
        ["baseline", "--help"],
        ["--version"],
    ],
)
def test_every_help_answers(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert capsys.readouterr().out.strip()


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == __version__


def test_recipes_are_listed_for_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(["--list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in RECIPES)
    assert train(["--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == list(RECIPES)
    assert {"backbone", "tuning", "data", "parameters", "settings"} <= set(listed[0])
    assert listed[0]["settings"]["epochs"] == find_recipe(listed[0]["name"]).epochs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name a recipe, or use --list to see them."),
        (["nothing"], "Unknown recipe 'nothing'"),
        (["distilbert-mini-sst2-head", "--lora-rank", "4"], "lora_rank belongs to LoRA"),
        (["distilbert-mini-sst2-lora", "--epochs", "0"], "epochs must be at least 1"),
        (["distilbert-mini-sst2-lora", "--data", "missing.csv"], "No data set or file"),
    ],
)
def test_training_refuses_bad_input_with_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(arguments) == 2
    assert message in capsys.readouterr().err


def test_training_refuses_an_unknown_option() -> None:
    with pytest.raises(SystemExit) as stopped:
        train(["distilbert-mini-sst2-lora", "--epoch-count", "2"])
    assert stopped.value.code == 2


def test_models_lists_backbones_and_checkpoints(
    backbone_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--json"]) == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert listed["tiny"]["kind"] == "zero-shot"
    assert listed["tiny"]["folder"] == str(backbone_folder)
    assert main(["models"]) == 0
    assert "tiny" in capsys.readouterr().out


def _score(tmp_path: Path, content: str, *options: str) -> tuple[int, pd.DataFrame | None]:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content, encoding="utf-8")
    code = main(["score", "tiny", str(source), "--output", str(output), *options])
    frame = pd.read_csv(output, dtype=str, keep_default_na=False) if output.exists() else None
    return code, frame


@pytest.mark.usefixtures("backbone_folder")
def test_score_keeps_rows_and_columns_and_adds_the_answer(tmp_path: Path) -> None:
    long = "the dull story " * 20
    code, frame = _score(tmp_path, f"id,text,extra\n1,a film,x\n2,{long},y\n3,a,z\n")
    assert code == 0
    assert frame is not None
    assert list(frame.columns) == ["id", "text", "extra", "predicted_label", "p_positive"]
    assert frame["id"].tolist() == ["1", "2", "3"]
    for label, p in zip(frame["predicted_label"], frame["p_positive"].astype(float), strict=True):
        assert label == ("positive" if p > 0.5 else "negative")


@pytest.mark.usefixtures("backbone_folder")
def test_score_reads_another_text_column(tmp_path: Path) -> None:
    code, frame = _score(tmp_path, "review\na film\n", "--text-column", "review")
    assert code == 0
    assert frame is not None
    assert list(frame) == ["review", "predicted_label", "p_positive"]


@pytest.mark.usefixtures("backbone_folder")
def test_score_marks_empty_rows_and_scores_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, frame = _score(tmp_path, "id,text\n1,a film\n2,  \n")
    assert code == 0
    assert frame is not None
    assert frame["error"].tolist() == ["", "empty text"]
    assert frame["predicted_label"].tolist()[1] == ""
    assert "1 text scored" in capsys.readouterr().out


@pytest.mark.usefixtures("backbone_folder")
def test_score_leaves_gold_labels_alone_and_compare_reads_the_file(tmp_path: Path) -> None:
    code, frame = _score(tmp_path, "id,text,label\n1,a film,positive\n2,a dull film,negative\n")
    assert code == 0
    assert frame is not None
    assert list(frame.columns) == ["id", "text", "label", "predicted_label", "p_positive"]
    assert load_predictions(tmp_path / "out.csv").results[0].gold.tolist() == [1, 0]


@pytest.mark.usefixtures("backbone_folder")
def test_score_says_which_names_the_file_has_already(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, frame = _score(tmp_path, "text,p_positive\na film,mine\n")
    assert code == 0
    assert frame is not None
    assert list(frame.columns) == ["text", "p_positive", "predicted_label", "p_positive_2"]
    assert frame["p_positive"].tolist() == ["mine"]
    assert (
        "Columns that the file already has: p_positive. The new ones are named: p_positive_2."
        in capsys.readouterr().out
    )


@pytest.mark.usefixtures("backbone_folder")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,words\n1,x\n", "No column named text in in.csv. Columns found: id, words."),
        ("text\n \n", "Every row of the text column is empty"),
    ],
)
def test_score_refuses_a_bad_file_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    code, frame = _score(tmp_path, content)
    assert (code, frame) == (2, None)
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("backbone_folder")
def test_evaluate_prints_what_it_saves(
    sst2: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    output = tmp_path / "p.parquet"
    assert main(["evaluate", "tiny", "--data", "sst2", "--json", "--output", str(output)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["accuracy"] == load_result(output).metrics.accuracy
    assert (printed["n"], printed["split"], printed["kind"]) == (22, "validation", "zero-shot")
    assert main(["evaluate", "tiny", "--data", "sst2"]) == 0
    table = capsys.readouterr().out
    assert f"{printed['accuracy']:.4f}" in table
    assert "predicted positive" in table


def test_an_unknown_model_is_refused_with_exit_2(
    sst2: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    assert main(["evaluate", "nothing", "--data", "sst2"]) == 2
    assert "No model named 'nothing'" in capsys.readouterr().err


def test_a_prompt_is_shown_word_for_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_decoder(tmp_path / "trained" / "tiny")
    assert main(["prompt", "tiny", "A lovely film.", "--template", "zhao"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("review: a lovely film.\nsentiment:\n")
    assert "prompt, “Review: … Sentiment:” Positive / Negative" in printed


def test_evaluate_shows_the_calibrated_thresholds_of_a_prompted_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_decoder(tmp_path / "trained" / "tiny")
    (tmp_path / "a.csv").write_text("text,label\na lovely film,1\na dull film,0\n")
    saved = tmp_path / "p.parquet"
    data = ["--data", str(tmp_path / "a.csv"), "--output", str(saved)]
    assert main(["evaluate", "tiny", "--template", "holtzman", *data]) == 0
    assert "(PMI-DC)" in capsys.readouterr().out
    info = load_result(saved).info
    assert info.method.template == "holtzman"
    assert set(info.thresholds) == {"contextual", "pmi_dc", "batch_mean"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("distilbert-mini-sst2-lora", "is fine-tuned; --template is for zero-shot models"),
        ("distilbert-mini", "answers by similarity, without a template"),
    ],
)
def test_a_template_where_it_does_not_belong_is_refused(
    model: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prompt", model, "a film", "--template", "review"]) == 2
    assert message in capsys.readouterr().err


def test_pretrain_writes_a_backbone_that_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_imdb(write_sst2(tmp_path / "data"))
    tiny = tiny_miniature(name="gpt2-mini", context=48)
    monkeypatch.setattr("sentiment.cli.make.MINIATURES", {"gpt2-mini": tiny})
    output = tmp_path / "trained" / "mine"
    folders = ["--run-folder", str(tmp_path / "run"), "--output", str(output)]
    arguments = ["make", "pretrain", "gpt2-mini", "--data", str(data), *folders]
    assert main([*arguments, "--tokens", str(2 * tiny.tokens_per_step)]) == 0
    assert "held-out perplexity" in capsys.readouterr().out
    assert main(["prompt", "mine", "a film", "--template", "movie"]) == 0
    assert "a film this movie is" in capsys.readouterr().out
    assert main([*arguments, "--resume"]) == 2
    assert "exists. Give another --output" in capsys.readouterr().err
    names = ("backbone.json", "README.md")
    before = {name: (output / name).read_text() for name in names}
    (output / "backbone.json").write_text(json.dumps({"zero_shot": "prompt", "template": "movie"}))
    assert main(["template", "mine", "--data", str(data)]) == 0
    chosen = json.loads(before["backbone.json"])["template"]
    assert f"mine uses the template {chosen}." in capsys.readouterr().out
    assert {name: (output / name).read_text() for name in names} == before


def test_pretrain_needs_a_budget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "gpt2-mini", "--run-folder", str(tmp_path / "run")]) == 2
    assert "Give either --minutes or --tokens" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("model", "kind"),
    [("gpt2-mini", "a zero-shot model"), ("tfidf-sst2", "a TF-IDF baseline"), ("", "fine-tuned")],
)
def test_a_base_where_it_does_not_belong_is_refused(
    model: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = model or str(tiny_whole(tmp_path / "whole", {0: "NEGATIVE", 1: "POSITIVE"}))
    data = tmp_path / "mine.csv"
    data.write_text("text,label\na fine film,1\na dull film,0\n")
    for command in (
        ["prompt", name, "a film"],
        ["score", name, str(data), "--output", str(tmp_path / "out.csv")],
        ["evaluate", name, "--data", str(data)],
        ["compare", name, name, "--data", str(data)],
    ):
        assert main([*command, "--base", "distilbert-mini"]) == 2, command
        said = capsys.readouterr().err
        assert f"{name} is {kind}; --base is for adapters and heads. Leave it out." in said
