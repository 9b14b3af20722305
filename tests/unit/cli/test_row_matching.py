"""Rows of two files are matched by ids, position or texts, and never against their texts."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sentiment.cli.main import main

TEXTS = ["a fine film", "a dull film", "a warm one", "a cold and slow one, far too long to sit by"]
LABELS = [1, 0, 1, 0]
P = [0.9, 0.1, 0.8, 0.2]
SHUFFLED = [2, 0, 3, 1]
ZERO, ONE = [0, 1, 2, 3], [1, 2, 3, 4]


def _write(path: Path, *, order: list[int], **columns: list[object] | None) -> str:
    given = {name: values for name, values in columns.items() if values is not None}
    pd.DataFrame(given).iloc[order].to_csv(path, index=False)
    return str(path)


def _files(
    folder: Path,
    ids: tuple[list[object] | None, list[object] | None],
    order: list[int],
    texts: tuple[list[str] | None, list[str] | None] = (TEXTS, TEXTS),
) -> tuple[str, str]:
    """Write predictions without labels in `order`, and labels in the order of the texts."""
    one, two = folder / "one.csv", folder / "gold.csv"
    return (
        _write(one, order=order, id=ids[0], text=texts[0], p_positive=P),
        _write(two, order=ZERO, id=ids[1], text=texts[1], label=LABELS, p_positive=P),
    )


def _run(command: str, one: str, gold: str) -> int:
    return main(
        ["evaluate", one, "--data", gold, "--json"]
        if command == "evaluate"
        else ["compare", one, gold, "--json"]
    )


COMMANDS = pytest.mark.parametrize("command", ["evaluate", "compare"])


@COMMANDS
@pytest.mark.parametrize(
    ("ids", "order", "said"),
    [
        ((None, None), ZERO, ""),
        ((None, None), SHUFFLED, "matched by their texts"),
        ((None, None), [3, 1], "matched by their texts"),
        ((None, ONE), ZERO, ""),
        ((None, ONE), SHUFFLED, "matched by their texts"),
        ((ONE, None), [1, 2, 3], "matched by their texts"),
        ((ONE, ONE), SHUFFLED, ""),
    ],
)
def test_a_prediction_meets_the_label_of_its_own_text(
    tmp_path: Path,
    command: str,
    ids: tuple[list[object] | None, list[object] | None],
    order: list[int],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = _run(command, *_files(tmp_path, ids, order))
    captured = capsys.readouterr()
    if command == "compare" and len(order) < 4:
        assert status == 2
        assert "different texts" in captured.err
        return
    assert status == 0, captured.err
    read = json.loads(captured.out)
    models = read["models"] if command == "compare" else [read]
    assert [model["accuracy"] for model in models] == [1.0] * len(models)
    assert (said in captured.err) if said else ("matched" not in captured.err)


@COMMANDS
@pytest.mark.parametrize(
    ("ids", "order", "texts", "said"),
    [
        (([0, 1, 2, 3], [3, 0, 1, 2]), ZERO, (TEXTS, TEXTS), "different texts under the id 0"),
        ((ZERO, ONE), [1, 2, 3], (TEXTS, TEXTS), "'a dull film' in one.csv and 'a fine film'"),
        ((ONE, None), [1, 2, 3], (None, TEXTS), "they have 3 and 4 rows"),
        ((None, ONE), [0, 1, 2], (TEXTS, None), "they have 3 and 4 rows"),
        ((None, None), SHUFFLED, (["x", "x", "y", "y"],) * 2, "the texts of row 1 differ, 'y'"),
        ((None, None), ZERO, (TEXTS, [*TEXTS[:3], "z"]), "the texts of row 4 differ"),
        (
            (None, None),
            ZERO,
            (TEXTS, [*TEXTS[:3], "z"]),
            f"'{TEXTS[3][:40]}…'",
        ),
    ],
)
def test_rows_that_do_not_belong_together_are_refused_with_both_texts(
    tmp_path: Path,
    command: str,
    ids: tuple[list[object] | None, list[object] | None],
    order: list[int],
    texts: tuple[list[str] | None, list[str] | None],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, gold = _files(tmp_path, ids, order, texts)
    if command == "evaluate" and texts[1] is None:
        pytest.skip("labels are read from a file with texts")
    assert _run(command, one, gold) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert not captured.out


def test_rows_without_texts_are_matched_by_position_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("compare", *_files(tmp_path, (None, ONE), ZERO, (None, TEXTS))) == 0
    assert "one.csv and gold.csv: rows are matched by their position." in capsys.readouterr().err


@pytest.mark.parametrize(("ending", "order"), [(".csv", ZERO), (".parquet", ZERO)])
@pytest.mark.parametrize("ids", [None, ONE])
def test_saved_predictions_keep_the_rows_that_they_are_for(
    tmp_path: Path,
    ids: list[object] | None,
    ending: str,
    order: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    gold = _write(tmp_path / "gold.csv", order=order, id=ids, text=TEXTS, label=LABELS)
    saved = str(tmp_path / f"saved{ending}")
    assert main(["evaluate", "tfidf-sst2", "--data", gold, "--output", saved]) == 0
    other = _write(tmp_path / "o.csv", order=order, id=ids, text=TEXTS, label=LABELS, p_positive=P)
    assert main(["compare", saved, other, "--json"]) == 0
    if ending == ".parquet":  # its fingerprint is that of the texts
        mixed = [TEXTS[i] for i in SHUFFLED]
        columns = {"id": ids, "text": mixed, "p_positive": P}
        wrong = _write(tmp_path / "wrong.csv", order=ZERO, **columns)
        capsys.readouterr()
        assert main(["compare", saved, wrong]) == 2
        assert "fingerprints differ" in capsys.readouterr().err


@COMMANDS
@pytest.mark.parametrize("wrong", [[0], [0, 1], [0, 1, 2, 3]])
def test_labels_of_the_data_replace_those_of_a_file_and_are_counted(
    tmp_path: Path, command: str, wrong: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    own = [1 - label if i in wrong else label for i, label in enumerate(LABELS)]
    file = _write(tmp_path / "one.csv", order=ZERO, text=TEXTS, label=own, p_positive=P)
    data = _write(tmp_path / "gold.csv", order=ZERO, text=TEXTS, label=LABELS)
    models = [file, file] if command == "compare" else [file]
    assert main([command, *models, "--data", data, "--json"]) == 0
    captured = capsys.readouterr()
    read = json.loads(captured.out)
    assert (read["models"][0] if command == "compare" else read)["accuracy"] == 1.0
    assert f"one.csv: {len(wrong)} of 4 labels differ from those of" in captured.err
