"""A file of any size: scored part by part, resumed where it was cut off, never in memory whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from sentiment.cli.main import main
from sentiment.data.tables import read_csv
from sentiment.errors import InputError
from sentiment.inference.score_file import parts_folder, score_file
from sentiment.inference.scoring import score
from sentiment.labels import LABELS
from sentiment.method import Method
from sentiment.models.encoding import Tokenized
from tests.support.builders import FakeClassifier, tiny_whole
from tests.support.launching import ROOT

TEXTS = [f"{word} film number {i}" for i in range(35) for word in ("great", "dull", "")]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment.inference.score_file.PART", 16)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    frame = pd.DataFrame({"id": map(str, range(len(TEXTS))), "text": TEXTS})
    frame.loc[frame["text"].str.startswith(" "), "text"] = " "
    frame.to_csv(tmp_path / "in.csv", index=False)
    return tmp_path / "in.csv"


class _Dies(FakeClassifier):
    """Dies when it is asked for one text more than `most`."""

    most = 40

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        self.most -= len(batch)
        if self.most < 0:
            raise KeyboardInterrupt
        return super().predict(batch)


def _score(classifier: FakeClassifier, source: Path, output: Path, **settings: Any) -> Any:
    return score_file(classifier, source, output, **settings)


def test_every_row_gets_its_own_answer(source: Path, tmp_path: Path) -> None:
    done = _score(FakeClassifier(), source, tmp_path / "out.csv")
    frame = read_csv(tmp_path / "out.csv")
    assert list(frame) == ["id", "text", "predicted_label", "p_positive", "error"]
    assert frame["id"].tolist() == [str(i) for i in range(len(TEXTS))]
    filled = frame["text"].str.strip() != ""
    expected = score(FakeClassifier(), frame.loc[filled, "text"].str.strip().tolist())
    assert np.allclose(frame.loc[filled, "p_positive"].astype(float), expected.p_positive)
    assert (done.scored, done.empty, done.found) == (70, 35, 0)
    assert done.positive == int(expected.predictions.sum()) == 35
    assert set(frame.loc[~filled, "error"]) == {"empty text"}
    assert set(frame.loc[~filled, "p_positive"]) == {""}
    assert not parts_folder(tmp_path / "out.csv").exists()


def test_it_goes_on_where_it_was_cut_off(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_text("what was there before")
    with pytest.raises(KeyboardInterrupt):
        _score(_Dies(), source, output)
    assert output.read_text() == "what was there before"
    kept = len(list(parts_folder(output).glob("part-*.npz")))
    assert 0 < kept < 7
    told: list[tuple[int, int]] = []
    second = FakeClassifier()
    done = _score(second, source, output, progress=lambda n, of: told.append((n, of)))
    assert sum(map(len, second.batches)) == 70 - done.found
    assert done.found > 30
    assert (done.positive, done.shortened) == (35, 0)
    assert told[-1] == (70, 70)
    whole = tmp_path / "whole.csv"
    _score(FakeClassifier(), source, whole)
    assert output.read_text() == whole.read_text()


def test_a_damaged_part_is_scored_again(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        _score(_Dies(), source, output)
    part = parts_folder(output) / "part-0.npz"
    part.write_bytes(part.read_bytes()[:100])
    assert _score(FakeClassifier(), source, output).scored == 70


INT8 = Method(kind="full", engine="int8")


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_the_source_is_read_three_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Once to check and hash it, once to score it, once to write it."""
    source = tmp_path / name
    frame = pd.DataFrame({"text": TEXTS})
    frame.to_csv(source) if source.suffix == ".csv" else frame.to_parquet(source)
    opened: list[Path] = []
    for owner, method in ((Path, "open"), (parquet.ParquetFile, "__init__")):
        original = getattr(owner, method)

        def count(*args: Any, original: Any = original, **settings: Any) -> Any:
            opened.extend(path for path in args if path == source)
            return original(*args, **settings)

        monkeypatch.setattr(owner, method, count)
    assert _score(FakeClassifier(), source, tmp_path / "out.csv").scored == len(TEXTS)
    assert len(opened) == 3


def test_a_file_that_was_scored_before_keeps_its_columns(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    assert _score(FakeClassifier(), source, first).renamed == {}
    names = ["predicted_label", "p_positive", "error"]
    numbered = [f"{name}_2" for name in names]
    done = _score(FakeClassifier(), first, second)
    assert done.renamed == dict(zip(names, numbered, strict=True))
    frame = read_csv(second)
    assert list(frame) == ["id", "text", *names, *numbered]
    pd.testing.assert_frame_equal(frame[["id", "text", *names]], read_csv(first))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"weights_hash": "1" * 16}, "The weights changed since"),
        ({"method": INT8}, "was begun with method "),
    ],
)
def test_another_run_does_not_take_its_parts(
    source: Path, tmp_path: Path, change: dict[str, str], what: str
) -> None:
    output = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        _score(_Dies(), source, output)
    with pytest.raises(InputError, match=what):
        _score(FakeClassifier(**change), source, output)
    source.write_text(source.read_text() + "105,one more\n")
    with pytest.raises(InputError, match=r"^The file changed since the run in"):
        _score(FakeClassifier(), source, output)


def test_a_changed_column_beside_the_texts_does_not_end_a_run(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        _score(_Dies(), source, output)
    read_csv(source).assign(id="new").to_csv(source, index=False)
    assert _score(FakeClassifier(), source, output).found > 30
    assert set(read_csv(output)["id"]) == {"new"}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "text": ["great", None, "dull"] * 10,
            "n": range(30),
            "day": pd.to_datetime(["2026-01-02"] * 30),
        }
    )
    frame.to_parquet(tmp_path / "in.parquet")
    done = _score(FakeClassifier(), tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert (done.scored, done.empty) == (20, 10)
    found = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(found[["text", "n", "day"]], frame, check_dtype=False)
    assert found["n"].dtype == frame["n"].dtype
    assert found["p_positive"].isna().tolist() == frame["text"].isna().tolist()
    assert found["predicted_label"].tolist()[:3] == ["positive", "", "negative"]
    assert found["p_positive"].dtype == np.float64
    _score(FakeClassifier(), tmp_path / "in.parquet", tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv")["n"].tolist() == [str(i) for i in range(30)]


@pytest.mark.parametrize("name", ["in.parquet", "in.csv"])
def test_what_is_no_table_is_refused_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04\xff\xfe\0")
    with pytest.raises(InputError, match=r"This is not a UTF-8 CSV|is not a parquet"):
        _score(FakeClassifier(), tmp_path / name, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_bad_row_far_down_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n" + "1,a film\n" * 100 + "2,a,film\n")
    classifier = FakeClassifier()
    with pytest.raises(InputError, match=r"in\.csv, row 101: 3 cells"):
        _score(classifier, tmp_path / "in.csv", tmp_path / "out.csv")
    assert classifier.batches == []


def test_an_output_of_no_known_kind_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.csv, \.parquet or \.jsonl"):
        _score(FakeClassifier(), source, tmp_path / "out.xlsx")


_CAPPED = """
import resource, sys
from pathlib import Path
from sentiment.inference.score_file import score_file
from tests.support.builders import FakeClassifier, tiny_whole

class Forgetful(FakeClassifier):
    def predict(self, batch):
        self.batches.clear()
        return super().predict(batch)

source, output = map(Path, sys.argv[1:])
few = source.with_name("few.csv")
few.write_text("id,text\\n" + "1,a film\\n" * 3000)
score_file(Forgetful(), few, output)  # what is loaded once
held = int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + 24 * 2**20, -1))
print(score_file(Forgetful(), source, output).scored)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is capped as Linux does it")
def test_two_hundred_thousand_rows_fit_into_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "in.csv").open("w") as file:
        file.write("id,text\n")
        file.writelines(f"{i},a film that is number {i} of so many\n" for i in range(200_000))
    paths = (str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    done = subprocess.run(
        [sys.executable, "-c", _CAPPED, *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["200000"]
    with (tmp_path / "out.csv").open() as file:
        assert sum(1 for _ in file) == 200_001


@pytest.mark.parametrize("rows", [[], [1], [20], [33, 40], [0, 34]])
def test_the_first_truncated_row_is_named(
    tmp_path: Path, rows: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_whole(tmp_path / "mine", dict(enumerate(LABELS)))
    texts = ["great story " * 40 if row in rows else "a film" for row in range(41)]
    texts[2] = ""
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    files = [str(tmp_path / name) for name in ("in.csv", "out.csv")]
    assert main(["score", str(tmp_path / "mine"), files[0], "--output", files[1]]) == 0
    first = f" (the first in row {rows[0] + 1})" if rows else ""
    assert f"{len(rows)} truncated to the maximum length{first}." in capsys.readouterr().out
