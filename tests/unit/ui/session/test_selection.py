from __future__ import annotations

import pytest

from sentiment.data.loading import CHALLENGE, load_challenge
from sentiment.evaluation.results import by_name
from sentiment.labels import parse_label
from sentiment.ui.session.pairs import compare_all, compare_pair, find_leaders
from sentiment.ui.session.selection import (
    choose,
    find_example,
    find_groups,
    read_selection,
)


def test_groups_have_slugs_for_links() -> None:
    slugs = list(find_groups()[0])
    assert slugs[:3] == ["sst2", "imdb", "challenge"]
    titles = {slug: group.title for slug, group in find_groups()[0].items()}
    assert titles["products"] == "Product reviews"
    assert titles["restaurants"] == "Restaurant reviews"
    assert "sst2-train-random-20-seed-42" in slugs


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"tab": "scores", "data": "imdb", "a": "gpt2-mini"}, ("imdb", "gpt2-mini", None)),
        ({"tab": "scores", "data": "nowhere", "a": "gpt2-mini"}, (None, None, None)),
        ({"tab": "scores", "data": "imdb", "a": "<b>", "b": "tfidf-sst2"}, ("imdb", None, None)),
        ({"tab": "examples", "data": "imdb"}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_a_link_chooses_what_is_known(
    query: dict[str, str], wanted: tuple[str | None, str | None, str | None]
) -> None:
    assert read_selection(query, "scores") == wanted


def test_the_known_one_of_a_pair_stays() -> None:
    chosen = choose("imdb", "nobody", "gpt2-mini").selection
    assert chosen[0] == "imdb"
    assert chosen[1] not in (None, "gpt2-mini")
    assert chosen[2] == "gpt2-mini"


def test_a_pressed_example_has_its_text_and_its_label() -> None:
    first = load_challenge().iloc[0]
    text, gold = find_example(CHALLENGE, None, None, str(load_challenge().index[0]))
    assert (text, gold) == (first["text"], parse_label(first["label"]))


@pytest.mark.parametrize(
    ("group", "row"), [("sst2", "0"), (CHALLENGE, "100000"), (CHALLENGE, "-1"), (CHALLENGE, "x")]
)
def test_a_text_that_is_not_here_is_none(
    monkeypatch: pytest.MonkeyPatch, group: str, row: str
) -> None:
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    assert find_example(group, None, None, row) == (None, None)


def test_a_pair_is_corrected_for_all_pairs_whichever_way_it_is_turned() -> None:
    results = find_groups()[0]["sst2"].results
    named = by_name(results)
    a, b = named["gpt2-mini"], named["tfidf-sst2"]
    there, back = compare_pair(results, a, b), compare_pair(results, b, a)
    assert (there.a, there.b) == (back.b, back.a) == ("gpt2-mini", "tfidf-sst2")
    assert there.p_holm == back.p_holm
    assert there.pairs == back.pairs == len(results) * (len(results) - 1) // 2
    assert there.difference == -back.difference


def test_the_leaders_are_the_best_and_those_it_cannot_be_told_from() -> None:
    results = find_groups()[0]["sst2"].results
    best, level = find_leaders(results)
    accuracies = {name: own.accuracy for name, own in by_name(results).items()}
    assert accuracies[best] == max(accuracies.values())
    told = {
        pair.a if pair.b == best else pair.b
        for pair in compare_all(results)
        if best in (pair.a, pair.b) and pair.p_holm < 0.05
    }
    assert level == set(accuracies) - told - {best}


def test_draws_are_shown_and_not_compared() -> None:
    group = find_groups()[0]["sst2"]
    assert group.draws
    assert all(result.info.method.shots for result in group.draws)
    assert not any(result.info.method.shots for result in group.results)
    a, b = group.results[:2]
    pairs = len(group.results) * (len(group.results) - 1) // 2
    assert compare_pair(group.results, a, b).pairs == pairs


def test_draws_alone_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = [*find_groups()[0]["sst2"].draws]
    monkeypatch.setattr("sentiment.ui.session.selection.find_results", lambda: (draws, []))
    group = find_groups()[0]["sst2"]
    assert (list(group.results), group.draws) == (draws, ())
