"""Check the texts of the bundled data set First lesson.

.venv/bin/python -m tools.check_lesson

Finds empty fields, unbalanced parts, and texts that repeat another one of the data set or of the
challenge set. With $SENTIMENT_DATA, no text may stand in SST-2 or IMDb.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pandas as pd

from sentiment.data.loading import CHALLENGE_FILE
from sentiment.data.sources import DATASETS
from sentiment.data.tables import read_csv
from sentiment.labels import LABELS
from sentiment.paths import ASSETS, data_directory

LESSON_FILE = ASSETS / "data" / "first_lesson.csv"
COLUMNS = ("id", "text", "label", "split")
SPLITS = ("train", "test")
MAX_JACCARD = 0.6  # shared distinct words among all distinct words of two texts
RUN = 6  # words in a row that no two texts may share
# Left as it is: the proofs of the int8 engine are made of both texts.
ACCEPTED = (("205", "285"),)  # ids in the lesson and in the challenge set


def find_words(text: str) -> list[str]:
    """Split a text into its words, in lower case and without punctuation."""
    return re.sub(r"[^a-z0-9 ]+", "", text.lower()).split()


def check_fields(frame: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each missing or unexpected field, and for each unbalanced split."""
    for column, allowed in (("label", LABELS), ("split", SPLITS)):
        for row in frame.index[~frame[column].isin(allowed)]:
            yield f"id {frame['id'][row]}: {column} is {frame[column][row]!r}."
    for row in frame.index[frame["text"].str.strip() == ""]:
        yield f"id {frame['id'][row]}: the text is empty."
    if frame["id"].tolist() != [str(i + 1) for i in range(len(frame))]:
        yield "The ids are not 1, 2, 3, … in order."
    for split, part in frame.groupby("split"):
        counts = part["label"].value_counts()
        if counts.nunique() != 1 or len(counts) != len(LABELS):
            yield f"{split} is not balanced: {counts.to_dict()}."


def find_repetitions(texts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the pairs of texts that share too much, by position, and what they share."""
    words = [find_words(text) for text in texts]
    found: dict[tuple[int, int], str] = {}
    for pair, run in _shared_runs(words):
        found.setdefault(pair, f"share “{' '.join(run)}”")
    for pair, similarity in _similar_sets([set(own) for own in words]):
        found[pair] = f"have a Jaccard similarity of {similarity:.2f}"
    for (i, j), what in sorted(found.items()):
        yield i, j, what


def _shared_runs(words: Sequence[list[str]]) -> Iterator[tuple[tuple[int, int], tuple[str, ...]]]:
    """Yield the pairs of texts that share a run of words, or are the same."""
    holders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for i, own in enumerate(words):
        for start in range(max(1, len(own) - RUN + 1)):
            run = tuple(own[start : start + RUN])
            # A text shorter than a run is repeated only as a whole.
            holders[run if len(own) >= RUN else ("", *run)].add(i)
    for run, texts in holders.items():
        for pair in combinations(sorted(texts), 2):
            yield pair, run


def _similar_sets(sets: Sequence[set[str]]) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield the pairs of sets whose Jaccard similarity is above the limit.

    Two such sets share one of their rarest words: of n words, one of the first
    n − ⌈limit · n⌉ + 1 in order of rarity (prefix filtering, Chaudhuri et al. 2006).
    """
    frequency = Counter(word for own in sets for word in own)
    holders: dict[str, list[int]] = defaultdict(list)
    for i, own in enumerate(sets):
        rarest = sorted(own, key=lambda word: (frequency[word], word))
        prefix = rarest[: len(own) - math.ceil(MAX_JACCARD * len(own)) + 1]
        for j in {j for word in prefix for j in holders[word]}:
            similarity = len(own & sets[j]) / len(own | sets[j])
            if similarity > MAX_JACCARD:
                yield (j, i), similarity
        for word in prefix:
            holders[word].append(i)


def check_repetitions(frame: pd.DataFrame, challenge: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each repetition within the lesson and against the challenge set."""
    names = [f"id {i} ({split})" for i, split in zip(frame["id"], frame["split"], strict=True)]
    names += [f"challenge text {i}" for i in challenge["id"]]
    ids = [*frame["id"], *challenge["id"]]
    for i, j, what in find_repetitions([*frame["text"], *challenge["text"]]):
        if i >= len(frame):  # pairs within the challenge set are meant
            continue
        if j >= len(frame) and (ids[i], ids[j]) in ACCEPTED:
            continue
        yield f"{names[i]} and {names[j]} {what}."


def check_published(frame: pd.DataFrame, directory: Path) -> Iterator[str]:
    """Yield a sentence for each text that also stands in SST-2 or IMDb."""
    ours = {
        " ".join(find_words(text)): i for text, i in zip(frame["text"], frame["id"], strict=True)
    }
    for name, source in DATASETS.items():
        for path in sorted((directory / name).glob("*.parquet")):
            column = pd.read_parquet(path, columns=[source.text_column])[source.text_column]
            for text in column:
                if (own := " ".join(find_words(text))) in ours:
                    yield f"id {ours[own]} stands in {source.title} {path.stem}."


def check_lesson(lesson: Path = LESSON_FILE, directory: Path | None = None) -> list[str]:
    """Check the data set; return a sentence for each problem.

    Args:
        directory: a folder with `sst2/` and `imdb/`; None skips the comparison with them.
    """
    frame = read_csv(lesson, needed=COLUMNS)
    challenge = read_csv(CHALLENGE_FILE, needed=("id", "text"))
    problems = [*check_fields(frame), *check_repetitions(frame, challenge)]
    return problems + list(check_published(frame, directory)) if directory else problems


def main() -> int:
    """Print the problems; 1 where there are any."""
    problems = check_lesson(directory=data_directory())
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(problems)} problems in {LESSON_FILE.name}.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
