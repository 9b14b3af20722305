"""One tiny training, end to end, through the command line; read back with plain transformers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sentiment.data.loading import load_examples
from sentiment.errors import CheckpointError, RecipeError, TrainingError
from sentiment.evaluation.results import load_result
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.catalogue import weights_hash
from sentiment.recipes import Recipe
from sentiment.runtime.files import read_json
from sentiment.training.fit import fit
from sentiment.training.history import EpochReport, StepReport
from tests.support.builders import labelled_texts, tiny_backbone, write_sst2
from tests.support.commands import train

COMMON = {
    "README.md",
    "config.json",
    "metrics.json",
    "predictions/sst2-validation.parquet",
    "predictions/sst2-validation.zero-shot.parquet",
    "run.json",
}
OWN = {"lora": {"adapter_config.json", "adapter_model.safetensors"}, "head": {"head.safetensors"}}
TEXTS = ["a great film .", "the dull story made my evening ."]


def _train(tuning: str, backbone: Path, data: Path, output: Path, *options: str) -> int:
    paths = {"--backbone": backbone, "--data": data, "--output": output}
    given = [word for option, path in paths.items() for word in (option, str(path))]
    given += ["--max-length", "32"]
    return train([f"distilbert-mini-sst2-{tuning}", *given, *options])


class Runs:
    """Both recipes, trained once for all tests of this module."""

    def __init__(self, folder: Path) -> None:
        self.backbone = tiny_backbone(folder / "tiny")
        self.data = write_sst2(folder / "data")
        self.folders = {tuning: folder / f"tiny-{tuning}" for tuning in OWN}
        for tuning, output in self.folders.items():
            options = ["--epochs", "6", "--batch-size", "8", "--learning-rate", "0.01"]
            code = _train(tuning, self.backbone, self.data, output, *options)
            assert code == 0


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    return Runs(tmp_path_factory.mktemp("runs"))


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tuning", OWN)
def test_a_checkpoint_holds_exactly_these_files(runs: Runs, tuning: str) -> None:
    assert _files(runs.folders[tuning]) == COMMON | OWN[tuning]


def _run_the_card(runs: Runs, tuning: str, texts: list[str]) -> torch.Tensor:
    """Probabilities computed by the code that the model card shows, with plain transformers."""
    folder = runs.folders[tuning]
    code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace(f'"{folder.name}"', repr(str(folder)))
    assert str(runs.backbone) in code
    code = code.replace('"What a film!"', f"{texts!r}, padding=True")
    names: dict[str, torch.Tensor] = {}
    exec(code, names)
    return names["scores"]


@pytest.mark.parametrize("tuning", OWN)
def test_the_cards_code_computes_the_same_with_plain_transformers(runs: Runs, tuning: str) -> None:
    classifier = ClassifierLoader().load(str(runs.folders[tuning]))
    expected = _run_the_card(runs, tuning, TEXTS).detach().numpy()
    assert score(classifier, TEXTS).probabilities == pytest.approx(expected, abs=1e-6)


def test_an_adapter_learns_what_its_backbone_does_not_know(runs: Runs) -> None:
    (metrics,) = json.loads((runs.folders["lora"] / "metrics.json").read_text())["evaluations"]
    assert metrics["zero-shot"]["accuracy"] < 0.9 < metrics["fine-tuned"]["accuracy"]


@pytest.mark.parametrize("tuning", OWN)
def test_the_loss_falls(runs: Runs, tuning: str) -> None:
    losses = [
        entry["loss"]
        for entry in json.loads((runs.folders[tuning] / "run.json").read_text())["history"]
        if "loss" in entry
    ]
    assert np.mean(losses[-4:]) < np.mean(losses[:4])


def test_a_run_says_what_another_person_needs_to_repeat_it(runs: Runs) -> None:
    run = json.loads((runs.folders["lora"] / "run.json").read_text())
    assert run["recipe"]["epochs"] == 6
    assert run["recipe"]["learning_rate"] == 0.01
    assert run["data"]["train"] == {
        "dataset": "sst2",
        "split": "train",
        "n": 64,
        "fingerprint": load_examples("sst2", "train", directory=runs.data).fingerprint,
    }
    assert run["parameters"]["trainable"] < run["parameters"]["total"]
    assert {"versions", "hardware", "precision", "seconds", "date", "weights_hash"} <= set(run)
    assert run["hardware"]["cores"] >= 1
    epochs = [entry["epoch"] for entry in run["history"] if "evaluation_accuracy" in entry]
    assert epochs == [1, 2, 3, 4, 5, 6]


def test_saved_predictions_hold_rows_labels_and_scores_but_no_text(runs: Runs) -> None:
    result = load_result(runs.folders["head"] / "predictions" / "sst2-validation.parquet")
    assert list(result.frame.columns) == [
        "row",
        "gold",
        "p_positive",
        "tokens_read",
        "tokens_total",
    ]
    assert result.info.kind == "fine-tuned"
    (stored,) = json.loads((runs.folders["head"] / "metrics.json").read_text())["evaluations"]
    assert stored["fine-tuned"]["accuracy"] == result.metrics.accuracy


def test_the_model_card_carries_the_measured_scores(runs: Runs) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard.load(runs.folders["lora"] / "README.md")
    (metrics,) = json.loads((runs.folders["lora"] / "metrics.json").read_text())["evaluations"]
    scores = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert scores["accuracy"] == round(metrics["fine-tuned"]["accuracy"], 4)
    assert card.data.eval_results[0].dataset_split == "validation"
    assert card.data.base_model == "nobody/tiny"
    assert f"{metrics['zero-shot']['accuracy']:.4f}" in card.text


def test_an_existing_output_is_refused_before_training(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _train("head", runs.backbone, runs.data, runs.folders["head"])
    assert code == 2
    assert "exists. Give another --output" in capsys.readouterr().err


def _fit(
    runs: Runs, output: Path, *, backbone_loaded: Backbone | None = None, **settings: object
) -> list[StepReport | EpochReport]:
    recipe = Recipe(
        name="t", summary="t", **{"batch_size": 16, "epochs": 1, "max_length": 32, **settings}
    )
    reports: list[StepReport | EpochReport] = []
    fit(
        recipe,
        backbone_loaded or load_backbone(str(runs.backbone)),
        train=load_examples("sst2", "train", directory=runs.data),
        evaluation=load_examples("sst2", "validation", directory=runs.data),
        output=output,
        on_report=reports.append,
    )
    return reports


def test_the_same_seed_trains_the_same_weights(runs: Runs, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        _fit(runs, tmp_path / name, seed=seed)
    a, b, c = (load_file(tmp_path / n / "adapter_model.safetensors") for n in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not all(torch.equal(a[key], c[key]) for key in a)


def test_progress_reports_every_step_with_its_loss(runs: Runs, tmp_path: Path) -> None:
    *steps, epoch = _fit(runs, tmp_path / "out")
    assert [report.step for report in steps] == [1, 2, 3, 4]
    assert all(isinstance(r, StepReport) and r.steps == 4 and r.loss > 0 for r in steps)
    kept = read_json(tmp_path / "out" / "run.json")["history"][-1]
    assert isinstance(epoch, EpochReport)
    assert (epoch.step, epoch.epoch, epoch.accuracy) == (4, 1.0, kept["evaluation_accuracy"])


def test_a_loss_that_is_no_number_stops_the_training_and_writes_nothing(
    runs: Runs, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"stopped being a number at step \d+ of 4"):
        _fit(runs, tmp_path / "out", learning_rate=1e30)
    assert list(tmp_path.iterdir()) == []


def test_more_tokens_than_the_backbone_reads_are_refused(runs: Runs, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"max_length is 33, but .* reads 32 tokens at most"):
        _fit(runs, tmp_path / "out", max_length=33)


def test_the_backbone_is_left_as_it_was(runs: Runs, tmp_path: Path) -> None:
    backbone = load_backbone(str(runs.backbone))
    before = {name: value.clone() for name, value in backbone.model.state_dict().items()}
    _fit(runs, tmp_path / "out", backbone_loaded=backbone)
    for name, value in backbone.model.state_dict().items():
        assert torch.equal(value, before[name])
        assert value.device.type == "cpu"


def test_a_csv_is_split_into_train_and_evaluation(runs: Runs, tmp_path: Path) -> None:
    rows = [f"{text},{label}" for text, label in labelled_texts()]
    (tmp_path / "own.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    code = _train("head", runs.backbone, tmp_path / "own.csv", tmp_path / "out", "--epochs", "1")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert code == 0
    assert (run["data"]["train"]["n"], run["data"]["evaluation"]["n"]) == (51, 13)


@pytest.mark.parametrize("tuning", OWN)
def test_a_training_can_go_on_from_another(runs: Runs, tmp_path: Path, tuning: str) -> None:
    start = ["--start-from", str(runs.folders[tuning]), "--epochs", "1", "--learning-rate", "1e-9"]
    assert _train(tuning, runs.backbone, runs.data, tmp_path / "on", *start) == 0
    before, after = (
        score(ClassifierLoader().load(str(folder)), TEXTS).probabilities
        for folder in (runs.folders[tuning], tmp_path / "on")
    )
    assert after == pytest.approx(before, abs=1e-3)  # nothing new was learned, nothing was lost
    run = json.loads((tmp_path / "on" / "run.json").read_text())
    assert run["start"]["weights_hash"] == weights_hash(runs.folders[tuning])
    assert "Training started from" in (tmp_path / "on" / "README.md").read_text()


def test_a_training_goes_on_from_its_own_kind_only(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ["--start-from", str(runs.folders["lora"]), "--lora-rank", "3"]
    assert _train("lora", runs.backbone, runs.data, tmp_path / "on", *start) == 2
    assert "its lora_rank is 16, not 3" in capsys.readouterr().err
    start = ["--start-from", str(runs.folders["head"])]
    assert _train("lora", runs.backbone, runs.data, tmp_path / "on", *start) == 2
    assert "its tuning is 'head', not 'lora'" in capsys.readouterr().err


def test_a_checkpoint_is_not_put_on_another_backbone_of_the_same_name(
    runs: Runs, tmp_path: Path
) -> None:
    shutil.copytree(runs.folders["lora"], tmp_path / "moved")
    loader = ClassifierLoader()
    assert score(loader.load(str(tmp_path / "moved")), TEXTS).probabilities.shape == (2, 2)
    other = tiny_backbone(tmp_path / "other", seed=9)
    run = json.loads((tmp_path / "moved" / "run.json").read_text())
    run["backbone"]["name"] = str(other)
    (tmp_path / "moved" / "run.json").write_text(json.dumps(run))
    with pytest.raises(CheckpointError, match="was trained on other weights of"):
        loader.load(str(tmp_path / "moved"))
