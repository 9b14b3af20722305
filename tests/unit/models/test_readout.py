"""Checkpoints with other than two labels become negative / positive by one rule."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sentiment.cli.arguments import parse_labels
from sentiment.cli.main import main
from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import NEGATIVE, POSITIVE, PROBES
from sentiment.models.catalogue import ModelInfo
from sentiment.models.readout import find_readout
from sentiment.serving.inspection import ModelAddress, inspect_model
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from tests.support.published import TEXTS, plain_outputs, write_classifier

STARS = [f"{n} star{'s' * (n > 1)}" for n in range(1, 6)]
DEGREES = ["very negative", "negative", "slightly negative", "neutral", "slightly positive"]
NAMED: dict[str, tuple[list[str], list[int], list[int]]] = {
    "three": (["negative", "neutral", "positive"], [0], [2]),
    "three in another order": (["neutral", "POSITIVE", "NEG"], [2], [1]),
    "three in Spanish": (["positivo", "neutro", "negativo"], [2], [0]),
    "five stars": (STARS, [0, 1], [3, 4]),
    "four stars": (STARS[:4], [0, 1], [2, 3]),
    "seven degrees": ([*DEGREES, "positive", "very positive"], [0, 1, 2], [4, 5, 6]),
}


@pytest.mark.parametrize("problem", [None, "multi_label_classification"])
@pytest.mark.parametrize(("names", "negative", "positive"), NAMED.values(), ids=NAMED)
def test_the_mass_of_each_side_is_compared(
    tmp_path: Path, names: list[str], negative: list[int], positive: list[int], problem: str | None
) -> None:
    settings = {"problem_type": problem} if problem else {}
    network = write_classifier(tmp_path / "mine", "bert", dict(enumerate(names)), **settings)
    outputs = plain_outputs(network, tmp_path / "mine", TEXTS)
    masses = outputs.sigmoid() if problem else outputs.softmax(-1)
    low, high = masses[:, negative].sum(-1), masses[:, positive].sum(-1)
    scores = score(ClassifierLoader("cpu").load(str(tmp_path / "mine")), TEXTS)
    assert scores.p_positive == pytest.approx((high / (low + high)).numpy(), abs=1e-6)
    assert scores.probabilities.sum(axis=1) == pytest.approx(1)
    if len(negative) + len(positive) == len(names):
        assert scores.p_neutral is None
    else:
        expected = 1 - (low + high) / masses.sum(-1)
        assert scores.p_neutral == pytest.approx(expected.numpy(), abs=1e-6)


def test_the_neutral_mass_is_kept_wherever_a_text_is_scored(tmp_path: Path) -> None:
    names = dict(enumerate(["negative", "neutral", "positive"]))
    network = write_classifier(tmp_path / "mine", "bert", names)
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).softmax(-1)[:, 1].tolist()
    folder = tmp_path / "mine"
    info = ModelInfo("mine", folder, "fine-tuned", "mine", location=str(folder))
    found = LocalPredictor().predict_many(info, TEXTS)
    assert [own.p_neutral for own in found] == pytest.approx(expected, abs=1e-6)
    assert LineUp().score(info, TEXTS).p_neutral == pytest.approx(expected, abs=1e-6)
    seen = inspect_model(lambda _: None, ModelAddress(str(folder), is_folder=True), ())
    assert (seen.labels, seen.is_named) == (tuple(names.values()), True)
    rows = "\n".join(f'"{text}"' for text in [*TEXTS, ""])
    (tmp_path / "in.csv").write_text(f"text\n{rows}\n")
    files = [str(tmp_path / name) for name in ("in.csv", "out.csv")]
    assert main(["score", str(folder), files[0], "--output", files[1]]) == 0
    written = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [float(row["p_neutral"]) for row in written[:-1]] == pytest.approx(expected, abs=1e-6)
    assert written[-1]["p_neutral"] == ""


def _outputs(table: dict[str, list[float]]) -> Any:
    """Outputs for the probe sentences, by what they are about."""

    def outputs(texts: Any) -> Tensor:
        good, bad = ("wonderful", "excellent"), ("dreadful", "terrible")
        sides = [
            "positive"
            if any(word in text for word in good)
            else "negative"
            if any(word in text for word in bad)
            else "neutral"
            for text in texts
        ]
        return torch.tensor([table[side] for side in sides])

    return outputs


ORDERS = {
    "in order": {"negative": [3.0, 0, 0], "neutral": [0.0, 3, 0], "positive": [0.0, 0, 3]},
    "turned": {"negative": [0.0, 0, 3], "neutral": [0.0, 3, 0], "positive": [3.0, 0, 0]},
    "neutral first": {"negative": [0.0, 3, 0], "neutral": [3.0, 0, 0], "positive": [0.0, 0, 3]},
}


@pytest.mark.parametrize("table", ORDERS.values(), ids=ORDERS)
def test_three_labels_without_names_are_settled_by_probes(table: dict[str, list[float]]) -> None:
    names = ["LABEL_0", "LABEL_1", "LABEL_2"]
    found = find_readout("mine", names, _outputs(table)).polarities
    assert {side: found.index(side) for side in found} == {
        side: row.index(3) for side, row in table.items()
    }


UNSETTLED: dict[str, tuple[list[str], dict[str, list[float]], str]] = {
    "alike": (["LABEL_0", "LABEL_1"], {"negative": [1.0, 1], "positive": [1.0, 1]}, "do not tell"),
    "no label of its own": (
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        {"negative": [3.0, 0, 0], "neutral": [3.0, 0, 0], "positive": [0.0, 0, 3]},
        "do not tell which of them is positive",
    ),
    "four": ([f"LABEL_{i}" for i in range(4)], {}, "names do not say which are positive"),
    "other words": (["a", "b", "c"], {}, "names do not say which are positive: a, b, c"),
    "one side": (["neutral", "positive", "mixed"], {}, "names do not say"),
}


@pytest.mark.parametrize(("names", "table", "said"), UNSETTLED.values(), ids=UNSETTLED)
def test_labels_that_are_not_settled_are_refused_with_the_option_to_say_them(
    names: list[str], table: dict[str, list[float]], said: str
) -> None:
    with pytest.raises(CheckpointError, match=f"{said}.*--labels negative,neutral,positive"):
        find_readout("mine", names, _outputs(table))
    given = ["negative", *["neutral"] * (len(names) - 2), "positive"]
    assert find_readout("mine", names, _outputs(table), given=given).polarities == tuple(given)


SIDED = [
    *(["bad", "good"], ["not positive", "positive"], ["other", "positive"], ["LABEL_0", "pos"]),
    *(["negative", "non-negative"], ["NEG", "rest"], ["positive"], ["not negative"]),
]


@pytest.mark.parametrize("names", SIDED, ids=" ".join)
@pytest.mark.parametrize("turned", [False, True])
def test_a_name_that_says_its_side_outranks_the_probes(names: list[str], turned: bool) -> None:
    names = names[::-1] if turned else names
    sides = ["positive", "negative"] if turned else ["negative", "positive"]
    contrary = {
        side: [0.0 if side == own else 3.0 for own in sides] for side in ("negative", "positive")
    }
    if len(names) == 1:
        sides, contrary = ["positive"], {"negative": [3.0], "positive": [0.0]}
    assert find_readout("mine", names, _outputs(contrary)).polarities == tuple(sides)


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1"], ["bad", "good"], ["positive"]])
def test_only_labels_that_probes_settle_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: list[str]
) -> None:
    write_classifier(tmp_path / "mine", "bert", dict(enumerate(names)))
    ClassifierLoader("cpu").load(str(tmp_path / "mine"))
    assert ("unknown names" in caplog.text) == (names[0] == "LABEL_0")


NO_SIDE = [
    (["neutral", "positive"], "no negative label"),
    (["NEG", "neu"], "no positive label"),
    (["mixed", "other"], "no negative and no positive label"),
    (["positive", "very positive"], "no negative label"),
    (["neutral"], "no negative and no positive label"),
]


@pytest.mark.parametrize(("names", "said"), NO_SIDE)
def test_labels_that_name_one_side_at_most_are_refused_whatever_the_probes_say(
    names: list[str], said: str
) -> None:
    table = {"negative": [3.0, 0.0], "positive": [0.0, 3.0]}
    with pytest.raises(CheckpointError, match=f"mine has {said}: .*{names[0]}.* --labels"):
        find_readout("mine", names, _outputs(table))
    given = ["negative", "positive"][-len(names) :]
    assert find_readout("mine", names, _outputs(table), given=given).polarities == tuple(given)


@pytest.mark.parametrize(
    ("names", "topic"),
    [
        (["sadness", "joy", "love", "anger", "fear", "surprise"], "emotions"),
        (["toxic", "severe_toxic", "obscene", "threat"], "toxicity"),
        (["toxic", "non-toxic"], "toxicity"),
        (["toxicity"], "toxicity"),
        (["ham", "spam"], "spam"),
    ],
)
def test_what_tells_something_else_is_refused_by_its_label_names(
    tmp_path: Path, names: list[str], topic: str
) -> None:
    write_classifier(tmp_path / "mine", "bert", dict(enumerate(names)))
    with pytest.raises(
        CheckpointError, match=f"mine classifies {topic}, not sentiment: .*{names[0]}"
    ):
        ClassifierLoader("cpu").load(str(tmp_path / "mine"))


SINGLE: dict[str, tuple[str, str | None, tuple[float, float], float, float]] = {
    "log-odds of the positive": ("positive", None, (2.0, -1.0), 0.5, 0.6224593),
    "log-odds of the negative": ("NEGATIVE", None, (2.0, -1.0), 0.5, 0.3775407),
    "log-odds, turned": ("LABEL_0", None, (2.0, -1.0), 0.5, 0.3775407),
    "0 to 1": ("LABEL_0", "regression", (0.1, 0.9), 0.7, 0.7),
    "-1 to 1": ("LABEL_0", "regression", (-0.8, 0.9), 0.5, 0.75),
    "a value of the negative": ("negative", "regression", (0.9, 0.1), 0.7, 0.3),
    "stars": ("score", "regression", (1.2, 4.7), 4.0, 0.75),
}


@pytest.mark.parametrize(("name", "problem", "probes", "output", "p"), SINGLE.values(), ids=SINGLE)
def test_one_output_is_log_odds_or_a_value_on_a_scale(
    name: str, problem: str | None, probes: tuple[float, float], output: float, p: float
) -> None:
    sides = {"negative": [probes[NEGATIVE]], "positive": [probes[POSITIVE]]}
    readout = find_readout("mine", [name], _outputs(sides), problem_type=problem)
    logits = readout(torch.tensor([[output]]))
    assert float(logits.softmax(-1)[0, POSITIVE]) == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize("probes", [(5.0, 60.0), (0.9, 0.1), (0.5, 0.5)])
def test_a_value_on_no_known_scale_is_refused(probes: tuple[float, float]) -> None:
    sides = {"negative": [probes[0]], "positive": [probes[1]]}
    with pytest.raises(CheckpointError, match="fits none of the scales"):
        find_readout("mine", ["LABEL_0"], _outputs(sides), problem_type="regression")


def test_one_output_scores_as_in_a_pipeline(tmp_path: Path) -> None:
    network = write_classifier(tmp_path / "mine", "bert", {0: "positive"})
    expected = plain_outputs(network, tmp_path / "mine", TEXTS).sigmoid()[:, 0]
    found = score(ClassifierLoader("cpu").load(str(tmp_path / "mine")), TEXTS)
    assert found.p_positive == pytest.approx(expected.numpy(), abs=1e-6)


@pytest.mark.parametrize("command", ["score", "evaluate", "prompt"])
def test_what_labels_mean_can_be_said(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {i: f"LABEL_{i}" for i in range(4)}
    write_classifier(tmp_path / "mine", "bert", names)
    (tmp_path / "in.csv").write_text("text,label\n" + f"{PROBES[0]!r},0\n{PROBES[1]!r},1\n")
    (tmp_path / "in.csv").write_text("text,label\na dull film,0\na great film,1\n")
    words = {
        "score": [str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.csv")],
        "evaluate": ["--data", str(tmp_path / "in.csv")],
        "prompt": ["a great film"],
    }[command]
    call = [command, str(tmp_path / "mine"), *words]
    assert main(call) == 2
    assert "--labels" in capsys.readouterr().err
    assert main([*call, "--labels", "negative,negative,neutral,positive"]) == 0
    assert main([*call, "--labels", "negative,positive"]) == 2
    assert "has 4 labels" in capsys.readouterr().err


GIVEN = [
    ("negative neutral positive", "positive,neutral,negative", "negative as positive, pos"),
    ("neg neu pos", "negative,positive,positive", ": neu as positive"),
    ("1_star 2_stars", "pos,neg", "1 star as positive, 2 stars as negative"),
    ("other positive", "positive,negative", "other as positive, positive as negative"),
    ("positive", "neg", "positive as negative"),
    ("neutral positive", "pos,neg", ": positive as negative"),
    ("neg neu pos", "NEG, neu,Pos", ""),
    ("bad good", "negative,positive", ""),
    ("neutral positive", "neg,pos", ""),
    ("LABEL_0 LABEL_1", "positive,negative", ""),
    ("a b c", "positif,neutre,négatif", ""),
]


@pytest.mark.parametrize(("names", "given", "said"), GIVEN)
def test_labels_that_contradict_the_names_are_used_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: str, given: str, said: str
) -> None:
    own = [name.replace("_s", " s") for name in names.split()]
    write_classifier(tmp_path / "mine", "bert", dict(enumerate(own)))
    assert main(["prompt", str(tmp_path / "mine"), "a great film", "--labels", given]) == 0
    assert caplog.text.count("--labels contradicts the names that mine gives") == bool(said)
    assert said in caplog.text


@pytest.mark.parametrize("given", ["positive,positive,positive", "neg,neu,neg", "neu,neu,neu"])
def test_labels_of_one_side_alone_are_refused(given: str) -> None:
    said = parse_labels(given)
    with pytest.raises(CheckpointError, match=r"of mine .*and both sides are needed"):
        find_readout("mine", ["a", "b", "c"], _outputs({}), given=said)


@pytest.mark.parametrize("kind", ["backbone", "baseline", "entailment", "predictions"])
def test_labels_are_refused_where_they_would_do_nothing(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = {"backbone": "distilbert-mini", "baseline": "tfidf-sst2"}.get(kind)
    call = ["prompt", model or str(tmp_path / "mine"), "a great film"]
    if kind == "entailment":
        names = {0: "entailment", 1: "neutral", 2: "contradiction"}
        write_classifier(tmp_path / "mine", "bert", names)
    if kind == "predictions":
        (tmp_path / "a.csv").write_text("text,label,p_positive\na,0,0.1\nb,1,0.9\n")
        call = ["evaluate", str(tmp_path / "a.csv")]
    assert main([*call, "--labels", "negative,positive"]) == 2
    assert "--labels is for fine-tuned classifiers" in capsys.readouterr().err


def test_labels_that_contradict_a_bundled_model_are_said(caplog: pytest.LogCaptureFixture) -> None:
    call = ["prompt", "distilbert-mini-sst2-head", "a great film", "--labels"]
    assert main([*call, "negative,positive"]) == 0
    assert "contradicts" not in caplog.text
    assert main([*call, "positive,negative"]) == 0
    assert "negative as positive, positive as negative" in caplog.text
