"""What commands on files say: counted nouns, the column of texts, and no empty names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.cli.main import main

MODEL = "tfidf-sst2"


@pytest.mark.parametrize(
    ("texts", "said"), [(["a fine film"], "1 text scored"), (["a film", "b"], "2 texts scored")]
)
@pytest.mark.parametrize("column", ["text", "Review"])
def test_score_says_the_column_and_counts_texts(
    tmp_path: Path, texts: list[str], said: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([column, *texts]))
    assert main(["score", MODEL, str(path), "--output", str(tmp_path / "o.csv")]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(said)
    assert f"Texts are read from the column {column}." in captured.err


@pytest.mark.parametrize("spelling", ["a.csv", "./a.csv", "folder/../a.csv", "link.csv"])
def test_the_file_to_score_is_not_replaced(
    tmp_path: Path,
    spelling: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("text\na fine film\n")
    Path("folder").mkdir()
    Path("link.csv").symlink_to("a.csv")
    assert main(["score", MODEL, "a.csv", "--output", spelling]) == 2
    assert "a.csv is the file to score, and --output would replace it" in capsys.readouterr().err
    assert Path("a.csv").read_text() == "text\na fine film\n"


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_predictions_of_a_file_have_no_empty_name(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = str(tmp_path / "one.csv"), str(tmp_path / "two.csv")
    for file in (one, two):
        Path(file).write_text("id,label,p_positive\n1,1,0.9\n2,0,0.1\n")
    assert main([command, one, two]) == 0
    assert "one (from a file), n = 2, 95 % CI" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ids", "said"),
    [("12", "1 id is not in both"), ("13", "2 ids are not in both")],
)
def test_ids_are_counted_in_words(
    tmp_path: Path, ids: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = str(tmp_path / "one.csv"), str(tmp_path / "two.csv")
    Path(one).write_text("id,label,p_positive\n2,0,0.1\n" + "1,1,0.9\n" * (ids == "12"))
    Path(two).write_text(f"id,label,p_positive\n{'2,0,0.1' if ids == '12' else '3,0,0.1'}\n")
    assert main(["compare", one, two]) == 2
    assert said in capsys.readouterr().err
