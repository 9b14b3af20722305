"""Where an experiment's checkpoint goes, and which model is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from sentiment.cli.main import main
from sentiment.data.loading import load_examples
from sentiment.errors import DataError
from sentiment.evaluation.results import find_results, load_result
from sentiment.inference.scoring import Scores, score
from sentiment.models.catalogue import free_output, list_models
from sentiment.models.classifier import Classifier
from sentiment.paths import BUNDLED
from sentiment.recipes import find_recipe
from sentiment.runtime.files import hash_files, read_json
from sentiment.training.data import prepare_data
from tests.support.commands import train

RECIPE = find_recipe("distilbert-mini-sst2-head")
QUICK = ["--epochs", "1", "--max-length", "32", "--batch-size", "16"]


def _train(sst2: Path, *options: str) -> int:
    return train([RECIPE.name, "--backbone", "tiny", "--data", str(sst2), *QUICK, *options])


@pytest.mark.usefixtures("backbone_folder")
def test_without_an_output_the_checkpoint_is_listed_beside_the_bundled_one(sst2: Path) -> None:
    assert _train(sst2) == 0
    assert _train(sst2) == 0
    trained = [info for info in list_models() if info.backbone == "tiny"]
    assert [info.name for info in trained] == ["tiny", f"{RECIPE.name}-2", f"{RECIPE.name}-3"]
    assert all(info.error == "" for info in trained)
    shown = {r.info.model for r in find_results()[0] if r.info.backbone == "tiny"}
    assert shown == {"tiny", f"{RECIPE.name}-2", f"{RECIPE.name}-3"}


def test_a_new_recipe_gets_its_own_name(trained_folder: Path) -> None:
    assert free_output("mine") == trained_folder / "mine"
    (trained_folder / "mine").mkdir()
    assert free_output("mine") == trained_folder / "mine-2"


@pytest.mark.usefixtures("backbone_folder")
def test_an_output_that_a_bundled_model_would_hide_is_refused(
    sst2: Path, trained_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(sst2, "--output", str(trained_folder / "distilbert-mini")) == 2
    assert "is the name of a bundled model" in capsys.readouterr().err


@pytest.mark.usefixtures("backbone_folder")
def test_a_one_word_output_measures_what_was_trained_not_its_namesake(
    sst2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namesake = sorted(p for p in (BUNDLED / "distilbert-mini").rglob("*") if p.is_file())
    before = hash_files(namesake)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert _train(sst2, "--output", "distilbert-mini") == 0
    saved = load_result(Path("distilbert-mini/predictions/sst2-validation.parquet"))
    assert (saved.info.kind, saved.info.backbone) == ("fine-tuned", "tiny")
    after = sorted(p for p in (BUNDLED / "distilbert-mini").rglob("*") if p.is_file())
    assert (after, hash_files(after)) == (namesake, before)


def test_a_tuned_model_is_refused_as_backbone(
    sst2: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--backbone", "distilbert-mini-sst2-lora"]
    assert train([RECIPE.name, *options, "--data", str(sst2), *QUICK]) == 2
    assert "distilbert-mini-sst2-lora" in capsys.readouterr().err


def test_holding_out_needs_a_known_data_set(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,1\nb,0\n")
    with pytest.raises(DataError, match="for SST-2 and IMDb; leave it out"):
        prepare_data(RECIPE, source=tmp_path / "a.csv", hold_out=3)


@pytest.mark.usefixtures("backbone_folder")
def test_scores_that_cannot_be_written_are_one_sentence(
    sst2: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("sentiment.training.experiment.write_json", full)
    assert _train(sst2) == 2
    assert "metrics and model card cannot be written: No space left" in capsys.readouterr().err


@pytest.mark.usefixtures("backbone_folder")
def test_a_random_part_of_train_is_set_aside_and_scored_as_well(
    sst2: Path, trained_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(sst2, "--test-share", "0.25", "--output", str(trained_folder / "mine")) == 0
    predictions = trained_folder / "mine" / "predictions"
    official = load_result(predictions / "sst2-validation.parquet")
    random_part = load_result(predictions / "sst2-train-random-25-seed-42.parquet")
    assert (official.metrics.n, random_part.metrics.n) == (22, 16)
    assert random_part.frame["gold"].sum() == 8  # stratified
    run = read_json(trained_folder / "mine" / "run.json")
    assert run["data"]["train"]["n"] == 48
    stored = read_json(trained_folder / "mine" / "metrics.json")["evaluations"]
    assert [entry["split"] for entry in stored] == ["validation", "train-random-25-seed-42"]
    again = load_examples("sst2", random_part.info.split, directory=sst2)
    assert again.fingerprint == random_part.info.fingerprint
    card = (trained_folder / "mine" / "README.md").read_text(encoding="utf-8")
    assert "On a random 25 % of train of SST-2 (16 texts)" in card
    assert "(random 25 % of train)" in capsys.readouterr().out


@pytest.mark.usefixtures("backbone_folder")
def test_a_backbone_that_was_scored_before_is_not_asked_again(
    sst2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _train(sst2) == 0
    scored: list[str] = []

    def note(classifier: Classifier, texts: Sequence[str], **options: object) -> Scores:
        scored.append(classifier.kind)
        return score(classifier, texts, **options)

    monkeypatch.setattr("sentiment.training.experiment.score_distributed", note)
    assert _train(sst2) == 0
    assert scored == ["fine-tuned"]


@pytest.mark.usefixtures("backbone_folder")
def test_a_checkpoint_is_scored_anew_without_being_trained_anew(
    sst2: Path, trained_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = trained_folder / "mine"
    assert _train(sst2, "--test-share", "0.25", "--output", str(folder)) == 0
    written = [p for p in folder.rglob("*") if p.suffix in (".md", ".json", ".safetensors")]
    before = {path: path.read_bytes() for path in written}
    for path in (folder / "predictions").iterdir():
        path.unlink()
    (folder / "README.md").unlink()
    assert main(["rescore", "mine", "--data", str(sst2)]) == 0
    assert {path: path.read_bytes() for path in written} == before
    assert len(list((folder / "predictions").iterdir())) == 4
    assert "random 25 % of train" in capsys.readouterr().out
    frame = pd.read_parquet(sst2 / "sst2" / "validation.parquet")
    frame.iloc[1:].to_parquet(sst2 / "sst2" / "validation.parquet")
    assert main(["rescore", "mine", "--data", str(sst2)]) == 2
    assert "is not what mine was evaluated on" in capsys.readouterr().err
