"""Runs of a learning curve: nested samples, hyperparameters, and an interrupted run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sentiment.cli.main import main
from sentiment.data.examples import Examples, nested_order
from sentiment.evaluation.label_efficiency import Point, load_curve
from sentiment.inference.loader import ClassifierLoader
from sentiment.models.backbones import load_backbone
from sentiment.training import label_efficiency
from sentiment.training.contrastive import ContrastiveSettings, draw_pairs, predict_contrastive
from sentiment.training.label_efficiency import build_recipe, plan_curve

GOOD = [f"A fine and lovely film, number {i}." for i in range(30)]
BAD = [f"A dull and awful mess, number {i}." for i in range(30)]


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "reviews.csv"
    rows = [f'"{text}",{int(text in GOOD)}' for text in [*GOOD, *BAD]]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return str(path)


def _run(data: str, folder: Path, *options: str) -> int:
    settings = ["--sizes", "4,16", "--seeds", "2", "--output", str(folder)]
    return main(["make", "label-efficiency", "tiny", "--data", data, *settings, *options])


def _examples(dataset: str, texts: list[str], labels: list[int]) -> Examples:
    return Examples(
        dataset, "train", tuple(texts), np.array(labels), np.arange(len(texts), dtype=np.int64)
    )


def test_each_first_part_is_balanced_and_the_rest_comes_last() -> None:
    examples = _examples("own", [f"text {i}" for i in range(50)], [1] * 40 + [0] * 10)
    order = nested_order(examples, seed=3)
    assert sorted(order) == list(range(50))
    for n in (2, 6, 20):
        assert examples.labels[order[:n]].mean() == 0.5
    assert (examples.labels[order[20:]] == 1).all()
    assert (order != nested_order(examples, seed=4)).any()
    assert (order == nested_order(examples, seed=3)).all()


def test_whole_sentences_come_before_phrases() -> None:
    whole = [f"this is the sentence with the number {i} in it ." for i in range(4)]
    phrases = ["the sentence", "number 1 in it", "with the number", "this is"]
    examples = _examples("sst2", [*phrases, *whole], [0, 1] * 4)
    assert set(nested_order(examples, seed=0)[:4]) == {4, 5, 6, 7}
    plain = _examples("own", [*phrases, *whole], [0, 1] * 4)
    firsts = {frozenset(nested_order(plain, seed=seed)[:4].tolist()) for seed in range(5)}
    assert firsts != {frozenset({4, 5, 6, 7})}


def test_large_samples_have_fewer_seeds() -> None:
    sizes = (16, 512, 1024, 4096)
    found = plan_curve("b", "head", sizes, n_train=5000, seeds=5, is_large=False).points
    assert [sum(p.n == n for p in found) for n in sizes] == [5, 5, 3, 1]
    found = plan_curve("b", "lora", sizes, n_train=700, seeds=5, is_large=True).points
    assert found == (Point(16, 0), Point(512, 0), Point(700, 0))
    found = plan_curve("b", "contrastive", sizes, n_train=5000, seeds=5, is_large=False).points
    assert found == tuple(Point(16, seed) for seed in range(3))


@pytest.mark.parametrize(("n", "steps"), [(16, 100), (512, 128), (4096, 768)])
def test_few_labels_get_a_least_number_of_steps(n: int, steps: int, backbone_folder: Path) -> None:
    backbone = load_backbone(str(backbone_folder))
    recipe = build_recipe(backbone, "lora", n, 7)
    assert (recipe.seed, recipe.tuning, recipe.pooling) == (7, "lora", "mean")
    assert recipe.epochs == -(-steps // -(-n // 16))


def test_a_bundled_backbone_has_the_settings_of_its_recipe() -> None:
    recipe = build_recipe(load_backbone("gpt2-mini"), "lora", 16, 0)
    assert (recipe.lora_rank, recipe.lora_targets, recipe.learning_rate) == (8, ("c_attn",), 3e-3)


def test_curves_are_computed_printed_and_continued(
    data: str,
    backbone_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "curves"
    real, runs = label_efficiency._predict, []

    def stops_at_third(plan, point, *rest):  # type: ignore[no-untyped-def]
        runs.append((plan.way, point))
        if len(runs) == 6:
            raise KeyboardInterrupt
        return real(plan, point, *rest)

    monkeypatch.setattr(label_efficiency, "_predict", stops_at_third)
    assert _run(data, folder) == 130
    assert len(load_curve(folder / "tfidf.parquet").p_positive) == 4
    assert len(load_curve(folder / "tiny-head.parquet").p_positive) == 1
    assert _run(data, folder) == 2
    assert "Add --resume" in capsys.readouterr().err
    assert _run(data, folder, "--resume", "--json") == 0
    assert runs[5] == runs[6]  # the interrupted one; the five before it are not repeated
    assert len(runs) == 4 * 3 + 1
    described = json.loads(capsys.readouterr().out)
    assert [curve["way"] for curve in described["curves"]] == ["tfidf", "head", "lora"]
    for curve in described["curves"]:
        assert [len(point["accuracies"]) for point in curve["points"]] == [2, 2]
    assert {line["kind"] for line in described["prompted"]} == {"zero-shot", "calibrated"}
    assert len(described["break_even"]) == 6
    assert _run(data, folder, "--resume") == 0
    assert "labels" in capsys.readouterr().out


def test_a_folder_of_other_data_is_refused(
    data: str, backbone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(data, tmp_path / "curves", "--ways", "head") == 0
    with open(data, "a", encoding="utf-8") as file:
        file.write('"Another lovely one.",1\n')
    assert _run(data, tmp_path / "curves", "--ways", "head", "--resume") == 2
    assert "changed since" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--ways", "magic"], "Unknown way 'magic'. Choose from: head, lora, contrastive."),
        (["--sizes", "16,many"], "--sizes is '16,many'; give numbers separated by commas"),
        (["--sizes", "2,16"], "A size is 2; choose from 4 labelled texts"),
        (["--sizes", "400"], "There are 48 texts to train on, 24 of the rarer label"),
        (["--seeds", "0"], "--seeds is 0; choose from 1 to 20."),
    ],
)
def test_what_cannot_be_planned_is_refused_in_a_sentence(
    options: list[str],
    sentence: str,
    data: str,
    backbone_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run(data, tmp_path / "curves", *options) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "curves").exists()


def test_contrastive_fine_tuning_needs_a_small_size(
    tmp_path: Path, backbone_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.csv"
    path.write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(400)))
    assert _run(str(path), tmp_path / "curves", "--sizes", "300", "--ways", "contrastive") == 2
    assert "is run on up to 256 texts" in capsys.readouterr().err


def test_a_file_with_ids_is_read_by_its_rows(
    tmp_path: Path, backbone_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ids.csv"
    rows = [f'a{i},"{text}",{int(text in GOOD)}' for i, text in enumerate([*GOOD, *BAD])]
    path.write_text("id,text,label\n" + "\n".join(rows) + "\n")
    options = ["--sizes", "4", "--seeds", "1", "--ways", "head", "--json"]
    assert _run(str(path), tmp_path / "curves", *options) == 0
    assert len(json.loads(capsys.readouterr().out)["prompted"]) == 2


def test_pairs_are_of_the_same_label_and_of_others_in_turn() -> None:
    labels = np.array([0, 1, 1, 0, 1])
    pairs = draw_pairs(labels, 40, np.random.default_rng(0))
    same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    assert same.tolist() == [True, False] * 20
    assert (pairs[:, 0] != pairs[:, 1]).all()


def test_contrastive_fine_tuning_separates_the_labels_and_leaves_the_backbone_alone(
    backbone_folder: Path,
) -> None:
    backbone = ClassifierLoader().backbone("tiny")
    before = {name: p.clone() for name, p in backbone.model.named_parameters()}
    train = _examples("own", [*GOOD[:10], *BAD[:10]], [1] * 10 + [0] * 10)
    settings = ContrastiveSettings(learning_rate=1e-3)
    scores = predict_contrastive(
        backbone, train, [*GOOD[20:], *BAD[20:]], seed=0, settings=settings
    )
    assert (scores[:10] > 0.5).all()
    assert (scores[10:] < 0.5).all()
    for name, parameter in backbone.model.named_parameters():
        assert (parameter == before[name]).all()
