"""The baseline: scikit-learn's numbers again, no words in its folder, damage named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment.cli.main import main
from sentiment.data.examples import Examples
from sentiment.errors import CheckpointError
from sentiment.evaluation.results import find_results
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.method import Method
from sentiment.models.catalogue import read_info
from sentiment.models.tfidf import BaselineSettings, fit_baseline, load_baseline
from sentiment.serving.lineup import LineUp
from tests.support.builders import labelled_texts

TEXTS, LABELS = zip(*labelled_texts(), strict=True)
EXAMPLES = Examples("written", "train", TEXTS, np.array(LABELS), np.arange(len(TEXTS)))
SMALL = BaselineSettings(n_features=2**12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fit_baseline(EXAMPLES, tmp_path / "trained" / "tfidf", settings=SMALL)
    return tmp_path / "trained" / "tfidf"


def test_it_computes_what_scikit_learn_computes(folder: Path) -> None:
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=SMALL.token_pattern
    )
    regression = LogisticRegression(C=SMALL.C, max_iter=1000)
    regression.fit(vectorizer.fit_transform(TEXTS), LABELS)
    new = ["a great great film and a dull ending", "the cast made my evening", "nothing known here"]
    expected = regression.predict_proba(vectorizer.transform(new))
    assert score(load_baseline(folder), new).probabilities == pytest.approx(expected, abs=2e-3)


def test_an_answer_does_not_depend_on_the_rest_of_the_batch(folder: Path) -> None:
    baseline = load_baseline(folder)
    together = score(baseline, TEXTS[:9]).p_positive
    alone = np.concatenate([score(baseline, [text]).p_positive for text in TEXTS[:9]])
    assert together == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("text", ["", "…", "映画", "!!!"])
def test_a_text_without_words_gets_an_answer(folder: Path, text: str) -> None:
    p = score(load_baseline(folder), [text]).p_positive[0]
    assert 0 <= p <= 1


def test_the_folder_holds_no_word_of_the_training_texts(folder: Path) -> None:
    written = (folder / "baseline.json").read_text(encoding="utf-8").lower()
    assert "lovely" not in written
    assert b"lovely" not in (folder / "model.safetensors").read_bytes()


def test_it_is_listed_as_a_baseline_and_loaded_by_name(folder: Path) -> None:
    info = read_info(folder)
    assert (info.kind, info.dataset, info.error) == ("baseline", "written", "")
    assert ClassifierLoader().load("tfidf").kind == "baseline"
    assert ClassifierLoader().load(str(folder)).name == "tfidf"


def test_it_stays_out_of_a_comparison_unless_chosen(folder: Path) -> None:
    lineup = LineUp()
    assert "tfidf" not in [model.name for model in lineup.default_models()]
    (model,) = lineup.select(["tfidf"])
    answer = lineup.predict(model, "a lovely film")
    assert answer.label == "positive"
    assert answer.tokens_read == answer.tokens_total
    assert answer.method == Method(kind="tfidf")


def test_damage_is_named(folder: Path) -> None:
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_baseline(folder)
    weights.write_bytes(whole)
    card = json.loads((folder / "baseline.json").read_text())
    card["settings"]["n_features"] = 2**13
    (folder / "baseline.json").write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match="do not match"):
        load_baseline(folder)


def test_the_command_fits_scores_and_saves_predictions(
    sst2: Path, trained_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = trained_folder / "counted"
    assert main(["baseline", "sst2", "--data", str(sst2), "--output", str(output)]) == 0
    assert "TF-IDF" in capsys.readouterr().out
    (result,) = [r for r in find_results()[0] if r.info.model == "counted"]
    assert result.info.kind == "baseline"
    assert result.metrics.accuracy == 1.0
