"""`python -m sentiment compare`: on saved predictions, without a model and without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sentiment.cli.main import main
from sentiment.evaluation.results import find_results

PAIR = ["gpt2-mini", "gpt2-mini-sst2-lora"]
KEYS = {
    "a",
    "b",
    "n",
    "only_a_right",
    "only_b_right",
    "difference",
    "interval",
    "p",
    "p_holm",
    "sentence",
}


def _csv(path: Path, p: list[object], labels: object = (1, 0, 1, 0)) -> str:
    frame = pd.DataFrame({"id": ["x1", "x2", "x3", "x4"], "label": labels, "p_positive": p})
    frame.to_csv(path, index=False)
    return str(path)


def test_two_models_are_compared_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *PAIR, "--data", "sst2"]) == 0
    said = capsys.readouterr().out
    assert "gpt2-mini-sst2-lora is better than gpt2-mini: 716 against 510 of 872 correct" in said
    assert "SST-2 validation, n = 872" in said
    assert "Holm" not in said


def test_row_numbers_of_a_csv_meet_saved_predictions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = (PAIR[1], "sst2")
    saved = next(r for r in find_results()[0] if (r.info.model, r.info.dataset) == wanted)
    frame = saved.frame.rename(columns={"row": "id", "gold": "label"})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    assert main(["compare", str(tmp_path / "mine.csv"), PAIR[1], "--data", "sst2"]) == 0
    assert "they do not differ" in capsys.readouterr().out


def test_json_holds_models_and_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    names = [*PAIR, "tfidf-sst2"]
    assert main(["compare", *names, "--data", "sst2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [model["model"] for model in answer["models"]] == names
    assert {"accuracy", "nll", "brier", "ece", "bins"} <= set(answer["models"][0])
    assert [(pair["a"], pair["b"]) for pair in answer["pairs"]] == [
        (names[0], names[1]),
        (names[0], names[2]),
        (names[1], names[2]),
    ]
    assert all(set(pair) >= KEYS for pair in answer["pairs"])
    last = answer["pairs"][2]
    assert "not distinguishable" in last["sentence"]
    assert last["interval"]["low"] < 0 < last["interval"]["high"]


def test_predictions_from_elsewhere_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = _csv(tmp_path / "one.csv", [0.9, 0.1, 0.2, 0.3])
    two = _csv(tmp_path / "two.csv", [0.9, 0.8, 0.7, 0.3])
    assert main(["compare", one, two, "--json"]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert (pair["a"], pair["b"], pair["n"]) == ("one", "two", 4)
    assert (pair["only_a_right"], pair["only_b_right"]) == (1, 1)


def test_exports_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, pairs = tmp_path / "t.tex", tmp_path / "new" / "p.csv"
    options = ["--table", str(table), "--pairs", str(pairs)]
    assert main(["compare", *PAIR, "--data", "sst2", *options]) == 0
    assert "\\toprule" in table.read_text()
    assert pd.read_csv(pairs).loc[0, "only_b_right"] > 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (PAIR, "Name the data set of the saved predictions"),
        ([*PAIR, "--data", "imdb"], f"No saved predictions of {PAIR[1]} on imdb test; scored now"),
        (["nothing", "gpt2-mini", "--data", "sst2"], "No model named 'nothing' here"),
        ([PAIR[0], "--data", "sst2"], "at least two models"),
        ([*PAIR, "--data", "sst2", "--table", "x.doc"], "Unknown format '.doc'"),
        (["gone.csv", "gone.csv"], "No file named 'gone.csv'"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("p", "labels", "message"),
    [
        (
            [0.9, 0.1, 0.2, 1.3],
            (1, 0, 1, 0),
            "two.csv, row 4: p_positive is '1.3'. Expected a probability",
        ),
        (
            [0.9, 0.1, "much", 0.3],
            (1, 0, 1, 0),
            "two.csv, row 3: p_positive is 'much'. Expected a probability",
        ),
        (
            [0.9, 0.1, 0.2, 0.3],
            (1, 0, 1, "good"),
            "two.csv: the labels in the column label are not understood: 'good' in row 4",
        ),
        ([0.9, 0.1, 0.2, 0.3], (1, 0, 1, 1), "different labels for 1 of the same ids"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path,
    p: list[object],
    labels: object,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = _csv(tmp_path / "one.csv", [0.9, 0.1, 0.2, 0.3])
    two = _csv(tmp_path / "two.csv", p, labels)
    assert main(["compare", one, two]) == 2
    assert message in capsys.readouterr().err
