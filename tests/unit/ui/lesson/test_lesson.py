from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from sentiment.data.sources import DATASETS
from sentiment.errors import ChildWorkError
from sentiment.evaluation.results import find_results
from sentiment.formatting import say_bytes
from sentiment.models.catalogue import ModelInfo, list_models
from sentiment.recipes import find_recipe
from sentiment.serving.answers import Prediction, failed_prediction
from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson.answers import render_ways
from sentiment.ui.lesson.board import Leaderboard, find_paths
from sentiment.ui.lesson.figures import Bar, render_accuracies, render_parts, share_of
from sentiment.ui.lesson.pages import (
    LessonData,
    find_facts,
    render_costs,
    render_figures,
    render_handout,
    render_notes,
    render_recipe,
    render_step,
    render_whole_chart,
)
from sentiment.ui.lesson.recipe_memory import Counted
from sentiment.ui.lesson.steps import answer_ways, show_recipe
from sentiment.ui.lesson.text import (
    ABOVE_FLOOR,
    NO_FIGURES,
    NO_MODELS,
    NO_RECIPE,
    NOT_ABOVE_FLOOR,
    STEPS,
    Notes,
)
from sentiment.ui.render.html import render_message
from sentiment.ui.text import shared
from sentiment.zero_shot.templates import PromptOptions

COUNTED = Counted(find_recipe("distilbert-imdb"), total=1_000_000, trainable=250_000)


@pytest.fixture(scope="module")
def facts() -> LessonData:
    return find_facts(list_models(), find_results()[0])


def _board(facts: LessonData) -> Leaderboard:
    assert facts.sentences is not None
    return facts.sentences


def test_every_step_draws_its_own_models(facts: LessonData) -> None:
    guesses, prompts, heads, loras = render_figures(facts)
    board = _board(facts)
    row = next(row for row in board.rows if row.model.name == "llama-mini")
    low, high = 100 * row.interval.low, 100 * row.interval.high
    shown = f"<strong>{100 * row.accuracy:.1f}<small>[{low:.1f}, {high:.1f}]</small></strong>"
    assert shown in guesses
    assert guesses.count('class="s-measure"') == 4
    assert f"always “positive”, {100 * board.floor:.1f} %" in guesses
    assert "MiniLM" not in prompts
    assert prompts.count("PMI-DC: accuracy") == 3
    assert "SmolLM2 ranks the texts (AUROC 0." in prompts
    assert "trainable 148,610 (0.65 %)" in heads
    assert "distilbert-mini-sst2-head is better than distilbert-mini: 706 against 620" in heads
    assert "trainable 33,280 (0.61 %)" in loras
    assert "distilbert-mini-sst2-lora is better than distilbert-mini-sst2-head" in loras


def test_a_network_that_is_no_better_than_the_floor_is_named(facts: LessonData) -> None:
    board = _board(facts)
    above = 0.60  # between the intervals of GPT-2 and of the others
    raised = replace(board, floor=above)
    guesses = render_figures(LessonData(facts.models, {"sst2": raised}))[0]
    assert ABOVE_FLOOR.format(names="MiniLM, Llama") in guesses
    assert NOT_ABOVE_FLOOR.format(names="GPT-2, SmolLM2") in guesses


def test_what_is_missing_is_said_where_it_would_stand(facts: LessonData) -> None:
    assert all(NO_FIGURES in figure for figure in render_figures(LessonData(facts.models, {})))
    assert NO_FIGURES in render_costs(LessonData([], {}), "imdb")
    assert NO_FIGURES in render_costs(facts, "../nothing")
    few = [model for model in facts.models if model.tuning != "head"]
    assert NO_MODELS in render_figures(replace(facts, models=few))[2]
    rows = tuple(r for r in _board(facts).rows if r.model.name != "distilbert-mini-sst2-head")
    unscored = LessonData(facts.models, {"sst2": replace(_board(facts), rows=rows)})
    heads = render_figures(unscored)[2]
    assert "no saved predictions of distilbert-mini-sst2-head on this machine" in heads
    assert "llama-mini-sst2-head is better than llama-mini" in heads


def test_the_table_holds_cost_gain_and_floor(facts: LessonData) -> None:
    table = render_costs(facts, "sst2")
    row = table.split("<small>gpt2-mini-sst2-lora</small>")[1].split("</tr>")[0]
    for cell in ("33,280", "0.61 %", "11 minutes", "82.1", "+23.6", "&lt; 0.001"):
        assert cell in row
    assert "Largest gain on SST-2: SmolLM2, LoRA, 3,908,736 parameters" in table
    assert "Accuracy 89.2 % instead of 52.9 %" in table
    assert re.search(r"Not distinguishable from TF-IDF .*, llama-mini-sst2-head, ", table)
    assert "after distilbert-mini-imdb-lora" in table
    titles = re.findall(r'<th scope="row">([^<]+)<', table)
    assert len(titles) == len(set(titles))  # two LoRA of one backbone, too
    assert "<td>92.4<small>" in render_costs(facts, "imdb")


def test_the_copy_holds_no_result() -> None:
    """Figures come from results; whoever writes one into the words of a step fails here."""
    for place, step in enumerate(STEPS):
        written = " ".join([step.heading, step.body, step.live, step.guess, render_notes(place)])
        assert not re.search(r"\d+[.,]\d|\d\s?%|0\.\d", written), step.name


def test_every_note_is_shown_and_its_answer_folded() -> None:
    for place, step in enumerate(STEPS):
        html = render_notes(place)
        for part in fields(Notes):
            if part.name != "minutes":
                said = str(getattr(step.notes, part.name))
                assert said.replace("'", "&#39;").replace('"', "&#34;") in html
        assert "<details>" in html
        assert "<details>" not in render_notes(place, is_folded=False)


def test_the_handout_holds_every_step_whatever_is_missing(facts: LessonData) -> None:
    whole = render_handout(facts, [COUNTED])
    for place in range(len(STEPS)):
        assert render_step(place) in whole
    assert whole.count("<section>") == len(STEPS)
    assert render_whole_chart(facts) in whole
    for dataset in DATASETS:
        assert render_costs(facts, dataset) in whole
    assert "No memory &lt;left&gt;" in render_handout(LessonData([], {}), [], "No memory <left>")


def test_a_recipe_shows_weights_memory_and_what_others_published() -> None:
    html = render_recipe(COUNTED)
    assert "750,000 frozen parameters, 250,000 trainable parameters (25.00 %)" in html
    assert "total: 7.00\u00a0MB" in html
    assert "Four bytes for each of the 1,000,000 parameters" in html
    assert "DistilBERT, full fine-tuning 0.9329 (model card, 5 epochs)" in html
    assert "a split of its own" not in html


def test_names_are_escaped() -> None:
    nasty = '<b onload="x">'
    board = _board(find_facts(list_models(), find_results()[0]))
    bar = Bar(nasty, nasty, 0.5, board.rows[0].interval)
    for html in (render_accuracies([bar], board), render_parts(nasty, 10, 1)):
        assert nasty not in html
        assert "&lt;b onload=&quot;x&quot;&gt;" in html


def test_a_bar_too_thin_to_see_says_that_it_is_widened() -> None:
    assert shared.NOT_TO_SCALE in render_parts("m", 1_000_000, 100)
    assert shared.NOT_TO_SCALE not in render_parts("m", 1_000_000, 100_000)
    assert shared.NOT_TO_SCALE not in render_parts("m", 1_000_000, 0)


@pytest.mark.parametrize(
    ("trainable", "shown"),
    [(0, "0"), (17, "0.00032"), (512, "0.01"), (100_000, "1.90"), (5_262_080, "100")],
)
def test_shares_keep_digits_that_count(trainable: int, shown: str) -> None:
    assert share_of(trainable, 5_262_080) == shown


@pytest.mark.parametrize(
    ("size", "shown"), [(2304, "2.3\u00a0kB"), (5e6, "5.00\u00a0MB"), (16e9, "16.00\u00a0GB")]
)
def test_sizes_are_in_units_people_use(size: float, shown: str) -> None:
    assert say_bytes(size) == shown


def test_ways_show_who_is_still_reading_and_who_changed_its_mind() -> None:
    models = list_models()
    way = [path for path in find_paths(models, ("head",)) if path[0].name == "distilbert-mini"]
    before, after = (
        Prediction(
            model=model.name,
            kind=model.kind,
            backbone=model.backbone,
            label=label,
            p_negative=0.4,
            p_positive=0.6,
        )
        for model, label in zip(way[0], ("negative", "positive"), strict=True)
    )
    reading = render_ways(way, {before.model: before}, models)
    assert reading.count(shared.WAITING) == 1
    assert "<h4>MiniLM <small>Head (frozen backbone)</small></h4>" in reading
    done = render_ways(way, {before.model: before, after.model: after}, models)
    assert done.count(shared.FLIPPED) == 1


class _Broken:
    """Every model fails."""

    def predict(self, model: ModelInfo, _text: str, _options: PromptOptions) -> Prediction:
        return failed_prediction(model, f"{model.name} has <no> weights.")


def test_what_cannot_be_asked_is_said_where_the_answer_would_be() -> None:
    lineup = LineUp(_Broken())
    ways = find_paths(lineup.models(), ("head",))
    *_, last = answer_ways(lineup, ways, "A film .")
    assert last.count("has &lt;no&gt; weights.") == len([m for way in ways for m in way])
    assert list(answer_ways(lineup, [], "A film .")) == [render_message(NO_MODELS, is_alert=True)]
    assert "Type some text first." in next(answer_ways(lineup, ways, " "))


def test_a_recipe_that_cannot_be_counted_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, Counted]:
        raise ChildWorkError("Its process ended <early>.")

    monkeypatch.setattr("sentiment.ui.lesson.steps.count_recipes", fail)
    assert "Its process ended &lt;early&gt;." in show_recipe("distilbert-imdb")
    monkeypatch.setattr("sentiment.ui.lesson.steps.count_recipes", dict)
    assert NO_RECIPE in show_recipe("<b>")
