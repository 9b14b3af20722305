"""The texts of First lesson, and the check that looks for repetitions among them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tools.check_lesson import COLUMNS, check_lesson, find_repetitions


def test_the_bundled_lesson_has_no_problem() -> None:
    assert check_lesson() == []


def test_no_text_of_the_lesson_stands_in_the_public_data_sets(real_data: Path) -> None:
    assert check_lesson(directory=real_data) == []


def _write(folder: Path, *rows: tuple[str, str, str]) -> Path:
    frame = pd.DataFrame([(str(i), *row) for i, row in enumerate(rows, 1)], columns=list(COLUMNS))
    frame.to_csv(folder / "lesson.csv", index=False)
    return folder / "lesson.csv"


GOOD = ("A warm film about beekeeping.", "positive", "train")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (("A warm film, about beekeeping!", "negative", "test"), "id 1 (train) and id 2 (test)"),
        (("About beekeeping: warm, a film.", "negative", "train"), "similarity of 1.00"),
        (("", "negative", "train"), "id 2: the text is empty."),
        (("Dull.", "bad", "train"), "id 2: label is 'bad'."),
        (("Dull.", "negative", "dev"), "id 2: split is 'dev'."),
        (("Lovely.", "positive", "train"), "train is not balanced"),
        (
            ("Three hours long, and not once did I look at my phone.", "negative", "train"),
            "id 2 (train) and challenge text 4 have a Jaccard similarity",
        ),
    ],
)
def test_a_problem_is_named(tmp_path: Path, second: tuple[str, str, str], said: str) -> None:
    assert any(said in problem for problem in check_lesson(_write(tmp_path, GOOD, second)))


def test_a_text_of_a_public_data_set_is_named(tmp_path: Path, sst2: Path) -> None:
    taken = pd.read_parquet(sst2 / "sst2" / "train.parquet")["sentence"][0]
    lesson = _write(tmp_path, GOOD, (taken, "negative", "train"))
    assert any("id 2 stands in SST-2" in problem for problem in check_lesson(lesson, sst2))


def test_a_shared_run_of_six_words_is_found_and_one_of_five_is_not() -> None:
    first = "The owner said one two three four five six to me"
    assert [pair[:2] for pair in find_repetitions([first, "Once one two three four five six"])] == [
        (0, 1)
    ]
    assert (
        list(find_repetitions([first, "Once upon a time there were one two three four five"])) == []
    )
