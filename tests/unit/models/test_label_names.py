from __future__ import annotations

import pytest

from sentiment.errors import CheckpointError
from sentiment.models.label_names import (
    check_label_names,
    find_topic,
    is_entailment,
    is_unnamed,
    read_label_names,
    read_polarities,
)

_SIGNS = {"-": "negative", "0": "neutral", "+": "positive"}
READ = {
    "NEGATIVE POSITIVE": "-+",
    "pos neg": "+-",
    "NEG NEU POS": "-0+",
    "neutral positive negative": "0+-",
    "negativo neutro positivo": "-0+",
    "négatif neutre positif": "-0+",
    "negativ neutral positiv": "-0+",
    "olumsuz nötr olumlu": "-0+",
    "нейтральный позитивный негативный": "0+-",
    "ネガティブ ポジティブ": "-+",
    "负面 中性 正面": "-0+",
    "부정 중립 긍정": "-0+",
    "नकारात्मक तटस्थ सकारात्मक": "-0+",
    "tiêu_cực trung_tính tích_cực": "-0+",
    "P+ P NEU N N+": "++0--",
    "-1 0 1": "-0+",
    "1_star 2_stars 3_stars 4_stars 5_stars": "--0++",
    "1_étoile 2_étoiles 3_étoiles 4_étoiles 5_étoiles": "--0++",
    "Very_Negative Negative Neutral Positive Very_Positive": "--0++",
    "extremely_negative negative slightly_negative neutral slightly_positive positive "
    "extremely_positive": "---0+++",
    "LABEL_NEGATIVE positive-sentiment": "-+",
    "bad good": "-+",
    "favourable unfavorable": "+-",
    "差评 好评": "-+",
    "terrible poor average good excellent": "--0++",
    "negative non-negative": "-+",
    "nonneg neg": "+-",
    "not_positive positive": "-+",
    "not_pos not_neg": "-+",
    "other positive": "-+",
    "rest NEG": "+-",
    "LABEL_0 good": "-+",
    "positive": "+",
    "NEG": "-",
    "not_positive": "-",
}
UNREAD = [
    *("LABEL_0 LABEL_1", "0 1 2", "1 2 3 4 5", "a b", "FALSE TRUE", "a", "LABEL_0", "1_star"),
    *("positive positive", "positive good", "positive not_negative", "neutral"),
    *(
        "neutral positive",
        "negative mixed",
        "none positive",
        "neutral other",
        "not_neutral neutral",
    ),
    *("positive not_positive neutral", "positive negative other"),
]


@pytest.mark.parametrize(("names", "signs"), READ.items())
def test_the_side_of_a_label_is_read_from_its_name(names: str, signs: str) -> None:
    expected = tuple(_SIGNS[sign] for sign in signs)
    assert read_polarities(names.split()) == expected
    assert read_polarities([name.replace("_", " ") for name in names.split()]) == expected


@pytest.mark.parametrize("names", UNREAD)
def test_names_that_say_nothing_are_not_guessed(names: str) -> None:
    assert read_polarities(names.split()) is None


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1"], ["0", "1", "2"], ["class 1"]])
def test_labels_without_names_are_known_as_such(names: list[str]) -> None:
    assert is_unnamed(names)
    assert not is_unnamed([*names, "negative"])


@pytest.mark.parametrize(
    ("names", "topic"),
    [
        ("sadness joy love anger", "emotions"),
        ("toxic severe_toxic obscene", "toxicity"),
        ("Hate Not-Hate", "toxicity"),
        ("ham spam", "spam"),
        ("contradiction entailment neutral", "entailment"),
        ("negative neutral positive", None),
        ("LABEL_0 LABEL_1", None),
    ],
)
def test_what_is_not_sentiment_is_known_by_its_labels(names: str, topic: str | None) -> None:
    assert find_topic(names.split()) == topic
    assert is_entailment(names.split()) == (topic == "entailment")


@pytest.mark.parametrize(
    "config",
    [
        {"id2label": {"0": "a", "1": "b"}},
        {"label2id": {"a": 0, "b": 1}},
        {"label2id": {"b": "1", "a": "0"}, "id2label": None},
        {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"b": 1, "a": 0}},
        {"id2label": {"0": "a", "1": "LABEL_1"}, "label2id": {"LABEL_0": 0, "b": 1}},
        {"id2label": {"0": "0", "1": "1"}, "label2id": {"a": 0, "b": 1}},
        {"id2label": {"0": "a", "1": "b"}, "label2id": {"LABEL_1": 0, "LABEL_0": 1}},
        {"id2label": {"0": "a", "1": "b"}, "label2id": [1]},
    ],
)
def test_names_are_read_from_either_direction(config: dict) -> None:
    assert read_label_names(config) == {0: "a", 1: "b"}
    check_label_names("mine", config)


@pytest.mark.parametrize("names", ["NEGATIVE POSITIVE", "Neg Pos", "négatif positif", "bad good"])
def test_two_spellings_of_a_name_do_not_contradict_each_other(names: str) -> None:
    config = {"id2label": dict(enumerate(names.split())), "label2id": {"negative": 0, "pos": 1}}
    check_label_names("mine", config)


@pytest.mark.parametrize(
    "others", [["positive", "negative"], ["1 star", "5 stars"], ["negative", "b"]]
)
def test_names_that_contradict_each_other_are_refused_with_both(others: list[str]) -> None:
    config = {
        "id2label": {"0": "negative", "1": "positive"},
        "label2id": {name: number for number, name in enumerate(others)},
    }
    number = 0 if others[0] != "negative" else 1
    name = ["negative", "positive"][number]
    said = rf"mine/config\.json .* label {number} is {name} by id2label and {others[number]} by"
    with pytest.raises(CheckpointError, match=said):
        check_label_names("mine", config)


@pytest.mark.parametrize("config", [{}, {"id2label": [1]}, {"label2id": {"a": "x"}}])
def test_a_configuration_without_names_has_none(config: dict) -> None:
    assert read_label_names(config) == {}
