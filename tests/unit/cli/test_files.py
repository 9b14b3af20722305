"""Commands that fit each other: what one writes another reads, and mistakes are found at once."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

from sentiment.cli.main import main
from sentiment.evaluation.results import load_result
from sentiment.inference.loader import ClassifierLoader
from tests.support.launching import ROOT

MODEL, OTHER = "tfidf-sst2", "tfidf-imdb"
ROWS = [
    ("a wonderful film", "positive"),
    ("a lovely, warm film", "positive"),
    ("a bad and dull film", "negative"),
    ("so so", "neutral"),
    ("", "negative"),
]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    frame = pd.DataFrame(ROWS, columns=["review", "sentiment"])
    frame.insert(0, "id", [f"r{i}" for i in range(len(frame))])
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_what_score_and_evaluate_write_is_compared(
    reviews: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scored, evaluated = tmp_path / f"scored{ending}", tmp_path / f"evaluated{ending}"
    assert main(["score", MODEL, str(reviews), "--output", str(scored)]) == 0
    data = ["--data", str(reviews)]
    assert main(["evaluate", MODEL, *data, "--output", str(evaluated)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(scored), "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["n"], read["accuracy"]) == (3, 1.0)
    assert main(["compare", str(scored), str(evaluated), MODEL, *data, "--json"]) == 0
    captured = capsys.readouterr()
    pairs = json.loads(captured.out)["pairs"]
    assert [pair["n"] for pair in pairs] == [3, 3, 3]
    assert all(pair["both_right"] == 3 for pair in pairs)
    assert "2 of 5 rows" not in captured.err
    assert "1 of 5 rows are neutral or unlabelled and left out" in captured.err
    assert "('neutral': 1; row 4)" in captured.err


def test_several_models_are_scored_in_one_process(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaders: list[ClassifierLoader] = []
    original = ClassifierLoader.__init__

    def count(self: ClassifierLoader, *args: str) -> None:
        loaders.append(self)
        original(self, *args)

    monkeypatch.setattr(ClassifierLoader, "__init__", count)
    output = tmp_path / "both.csv"
    names = [MODEL, OTHER]
    assert main(["evaluate", *names, "--data", str(reviews), "--output", str(output)]) == 0
    assert len(loaders) == 1
    table = pd.read_csv(output)
    assert table["id"].tolist() == ["r0", "r1", "r2", "r3"]
    assert [name for name in table if name.endswith(" p_positive")] == [
        f"{name} p_positive" for name in names
    ]
    assert main(["compare", *names, "--data", str(reviews)]) == 0
    assert len(loaders) == 2
    assert main(["compare", str(output)]) == 0
    assert len(loaders) == 2


def test_gold_labels_come_from_the_data_where_no_file_has_any(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain.csv"
    pd.read_csv(reviews).drop(columns="sentiment").to_csv(plain, index=False)
    files = [str(tmp_path / f"by-{name}.csv") for name in (MODEL, OTHER)]
    for name, file in zip((MODEL, OTHER), files, strict=True):
        assert main(["score", name, str(plain), "--output", file]) == 0
    assert main(["compare", *files]) == 2
    assert "no gold labels" in capsys.readouterr().err
    assert main(["compare", *files, "--data", str(reviews), "--json"]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert pair["n"] == 3


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_neutral_rows_are_refused_on_request(
    reviews: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [MODEL, OTHER] if command == "compare" else [MODEL]
    assert main([command, *models, "--data", str(reviews), "--neutral", "refuse"]) == 2
    said = capsys.readouterr().err
    assert "1 of 5 rows are neutral or unlabelled" in said
    assert "'neutral': 1; row 4" in said


@pytest.mark.parametrize("command", ["score", "evaluate", "compare", "train"])
def test_both_columns_can_be_chosen(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,words,label,truth\nx,a fine film,a,1\ny,a bad film,b,0\n")
    arguments = {
        "score": [MODEL, str(path), "--output", str(tmp_path / "o.csv")],
        "evaluate": [MODEL, "--data", str(path)],
        "compare": [MODEL, OTHER, "--data", str(path)],
        "train": ["distilbert-mini-sst2-lora", "--data", str(path)],
    }[command]
    chosen = ["--text-column", " Words ", "--label-column", "TRUTH"]
    assert main([command, *arguments, *chosen]) == (2 if command == "train" else 0)
    captured = capsys.readouterr()
    if command == "train":
        assert "1 negative, 1 positive texts, which cannot be split" in captured.err
    elif command != "score":
        assert "Labels are read from the column truth" in captured.err
        assert "n = 2" in captured.out
    assert main([command, *arguments, "--label-column", "gone"]) == 2
    assert "No column named gone in mine.csv. Columns found: text, words, label, truth." in (
        capsys.readouterr().err
    )


_MISTAKES = {
    "evaluate, no labels": ["evaluate", MODEL, "--data", "{unlabelled}"],
    "score, path": ["score", MODEL, "gone.csv", "--output", "o.csv"],
    "score, model": ["score", "nothing", "{file}", "--output", "o.csv"],
    "score, column": ["score", MODEL, "{file}", "--output", "o.csv", "--text-column", "x"],
    "score, output": ["score", MODEL, "{file}", "--output", "o.xlsx"],
    "evaluate, path": ["evaluate", MODEL, "--data", "gone.jsonl"],
    "evaluate, model": ["evaluate", "nothing", "--data", "{file}"],
    "evaluate, column": ["evaluate", MODEL, "--data", "{file}", "--label-column", "x"],
    "evaluate, output": ["evaluate", MODEL, "--data", "{file}", "--output", "o.doc"],
    "compare, path": ["compare", MODEL, "gone.parquet", "--data", "{file}"],
    "compare, model": ["compare", MODEL, "nothing", "--data", "{file}"],
    "train, path": ["train", "distilbert-mini-sst2-lora", "--data", "gone.csv"],
    "train, column": ["train", "distilbert-mini-sst2-lora", "--data", "{file}", "--text-column=x"],
    "train, test file": ["train", "distilbert-mini-sst2-lora", "--data={file}", "--test=gone.csv"],
}
_WATCHED = """
import sys
from sentiment.cli.main import main
status = main(sys.argv[1:])
print(status, sorted({"torch", "transformers", "sklearn"} & set(sys.modules)))
"""


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_mistake_is_refused_before_torch_is_imported(reviews: Path, mistake: str) -> None:
    unlabelled = reviews.with_name("unlabelled.csv")
    unlabelled.write_text("text,label\na film,-1\n")
    paths = {"file": reviews, "unlabelled": unlabelled}
    arguments = [part.format(**paths) for part in _MISTAKES[mistake]]
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.split("\n")[-2] == "2 []", done.stderr


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_results_are_saved_before_they_are_printed(
    reviews: Path, tmp_path: Path, command: str
) -> None:
    output = tmp_path / ("saved.parquet" if command == "evaluate" else "saved.md")
    option = "--output" if command == "evaluate" else "--table"
    models = [MODEL] if command == "evaluate" else [MODEL, OTHER]
    script = "import sys; from sentiment.cli.main import main; sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", script, command, *models, "--data", reviews, option, output],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()  # as `| head -0` does
        assert process.stderr is not None
        errors = process.stderr.read()
        assert process.wait(timeout=120) == 0, errors
    assert "BrokenPipeError" not in errors
    assert output.is_file()
    if command == "evaluate":
        assert load_result(output).metrics.n == 3


def test_one_class_is_said_without_a_warning_of_a_library(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text,label\na wonderful film,1\na lovely film,1\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["evaluate", MODEL, "--data", str(path)]) == 0
    captured = capfd.readouterr()
    assert "balanced accuracy, MCC and AUROC not defined for one class" in captured.out
    assert "Warning" not in captured.err


def test_metrics_without_a_positive_text_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, table = tmp_path / "one.csv", tmp_path / "t.md"
    path.write_text("text,label,p_positive\na dull film,0,0.1\na bad film,0,0.2\n")
    assert main(["evaluate", str(path)]) == 0
    assert "balanced accuracy, F1, MCC and AUROC not defined" in capsys.readouterr().out
    assert main(["compare", str(path), str(path), "--table", str(table)]) == 0
    header, _, *rows = (line.split("|") for line in table.read_text().splitlines() if "|" in line)
    place = [cell.strip() for cell in header].index("F1")
    assert [row[place].strip() for row in rows] == [
        "",
        "",
    ]  # as of other metrics that are not defined


def test_balanced_and_majority_accuracy_stand_beside_accuracy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rare.csv"
    rows = [*["a wonderful film,1"] * 9, "a lovely warm film,0"]
    path.write_text("\n".join(["text,label", *rows]))
    arguments = ["evaluate", MODEL, "--data", str(path)]
    assert main(arguments) == 0
    lines = [line.partition("[")[0].split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1:4] == [
        ["accuracy", "0.9000"],
        ["majority", "class", "0.9000"],
        ["balanced", "accuracy", "0.5000"],
    ]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    named = ("accuracy", "majority_accuracy", "balanced_accuracy")
    assert [found[name] for name in named] == [0.9, 0.9, 0.5]
