"""Render the figures and notes of each step, and the printed handout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from markupsafe import Markup

from sentiment.data.sources import DATASETS, SENTENCES, dataset_title
from sentiment.evaluation.published import published_for
from sentiment.evaluation.results import Result
from sentiment.evaluation.score_table import AgainstBaseline
from sentiment.formatting import say_duration, signed
from sentiment.models.catalogue import ModelInfo
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.board import (
    Leaderboard,
    LeaderboardRow,
    build_board,
    compare_rows,
    find_largest_prompted,
    find_paths,
    move_thresholds,
)
from sentiment.ui.lesson.chart import render_chart
from sentiment.ui.lesson.figures import (
    Bar,
    bar_of,
    render_accuracies,
    render_board,
    render_counted,
    render_memory,
    render_parts,
    tuning_title,
)
from sentiment.ui.lesson.milestones import build_chart
from sentiment.ui.lesson.recipe_memory import Counted
from sentiment.ui.lesson.visit import LessonVisit
from sentiment.ui.render.html import render_message, render_note, render_sentence
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import shared

HEAD_WAY = ("head",)
LORA_WAY = ("head", "lora")


@dataclass(frozen=True, eq=False)
class LessonData:
    """Data of the figures of the lesson."""

    models: Sequence[ModelInfo]
    boards: Mapping[str, Leaderboard]  # by data set

    @property
    def sentences(self) -> Leaderboard | None:
        """Return the board of single sentences, which the first steps use."""
        return self.boards.get(SENTENCES)


def find_facts(models: Sequence[ModelInfo], results: Sequence[Result]) -> LessonData:
    """Load the boards of all data sets on which bundled models were evaluated."""
    found = {name: build_board(name, models, results) for name in DATASETS}
    return LessonData(models, {name: board for name, board in found.items() if board})


def render_step(place: int) -> Markup:
    """Render heading and body of a step for paper; `place` counts from 0."""
    return render_template("lesson_step", place=place + 1, step=copy.STEPS[place])


def render_notes(place: int, *, is_folded: bool = True) -> Markup:
    """Render the teacher's notes of a step; the answer is folded away on screen."""
    parts = asdict(copy.STEPS[place].notes)
    notes = [(name, title, parts[name]) for name, title in copy.NOTES_PARTS.items()]
    folded = "answer" if is_folded else ""
    return render_template("lesson_notes", notes=notes, folded=folded)


def render_figures(facts: LessonData) -> list[str]:
    """Render the figures of the first four steps."""
    board = facts.sentences
    if board is None:
        return [render_message(copy.NO_FIGURES)] * 4
    return [
        _guesses(board),
        _prompts(board),
        _ways(facts, board, HEAD_WAY),
        _ways(facts, board, LORA_WAY),
    ]


def _guesses(board: Leaderboard) -> str:
    rows = _asked(board)
    if not rows:
        return render_message(copy.NO_FIGURES)
    above = [row.backbone for row in rows if row.interval.low > board.floor]
    level = [row.backbone for row in rows if row.interval.low <= board.floor]
    forms = ((copy.ABOVE_FLOOR, above), (copy.NOT_ABOVE_FLOOR, level))
    said = [form.format(names=", ".join(names)) for form, names in forms if names]
    return render_accuracies([bar_of(row) for row in rows], board) + render_sentence(" ".join(said))


def _asked(board: Leaderboard) -> list[LeaderboardRow]:
    return [row for row in board.rows if row.model.kind == "zero-shot"]


def _prompts(board: Leaderboard) -> str:
    """Render the accuracy of language models at the default and the calibrated thresholds."""
    bars, sentences = [], []
    for row in _asked(board):
        if not row.result.info.method.template:
            continue
        raw, *others = move_thresholds(row)
        for moved in (raw, *others):
            how = shared.THRESHOLD_NAMES.get(moved.name, moved.name)
            bars.append(Bar(row.backbone, how, moved.counts.accuracy, moved.interval))
        if others:
            accuracies = [100 * moved.counts.accuracy for moved in others]
            counts = raw.counts
            sentences.append(
                copy.LEANING.format(
                    model=row.backbone,
                    called=counts.true_positive + counts.false_positive,
                    gold=counts.true_positive + counts.false_negative,
                    n=counts.n,
                    lowest=min(accuracies),
                    highest=max(accuracies),
                )
            )
    if not bars:
        return render_message(copy.NO_FIGURES)
    said = [_say_ranking(board), *sentences]
    return render_accuracies(bars, board) + "".join(map(render_sentence, filter(None, said)))


def _say_ranking(board: Leaderboard) -> str:
    """Say how well the largest language model ranks the texts, and what its threshold costs."""
    row = find_largest_prompted(board)
    moved = {own.name: own.counts for own in move_thresholds(row)} if row else {}
    auroc = row.result.metrics.auroc if row else None
    if row is None or auroc is None or "batch_mean" not in moved:
        return ""
    return copy.RANKING.format(
        model=row.backbone,
        auroc=auroc,
        raw=100 * moved["raw"].accuracy,
        calibrated=100 * moved["batch_mean"].accuracy,
    )


def _ways(facts: LessonData, board: Leaderboard, tunings: Sequence[str]) -> str:
    """Render parameters, accuracies and paired comparison of every backbone with this tuning."""
    paths = find_paths(facts.models, tunings)
    if not paths:
        return render_message(copy.NO_MODELS)
    bars: list[Bar] = []
    parts, pairs, missing = [], [], []
    for path in paths:
        last = path[-1]
        parts.append(render_parts(last.name, last.parameters, last.trainable))
        rows = [board.find(model) for model in path]
        known = [row for row in rows if row is not None]
        bars += map(bar_of, known)
        missing += [model.name for model, row in zip(path, rows, strict=True) if row is None]
        if len(known) > 1 and rows[-1] is not None:
            pairs.append((known[-2], known[-1]))
    drawn = render_accuracies(bars, board) if bars else ""
    told = "".join(render_sentence(pair.sentence) for pair in compare_rows(pairs) if pair)
    lacking = "".join(render_message(copy.NO_MEASURE.format(name=name)) for name in missing)
    return render_template("lesson_pair", parts=parts) + Markup(drawn + told + lacking)


def render_recipe(counted: Counted) -> str:
    """Render the trainable parameters of a full-size recipe, and published results."""
    source = DATASETS[counted.recipe.dataset]
    entries = "; ".join(
        copy.PUBLISHED_ENTRY.format(method=entry.method, shown=entry.shown, note=entry.note)
        for entry in published_for(counted.recipe.dataset, source.evaluation_split)
        if entry.is_same_split
    )
    published = copy.PUBLISHED.format(title=source.title, entries=entries)
    return (
        f"{render_message(counted.recipe.summary)}"
        f"{render_parts(counted.recipe.name, counted.total, counted.trainable)}"
        f"{render_memory(counted)}{render_note(published)}"
    )


def render_costs(facts: LessonData, dataset: str) -> str:
    """Render the table of a data set, the largest gain, and models below the TF-IDF baseline."""
    board = facts.boards.get(dataset)
    if board is None:
        return render_message(copy.NO_FIGURES)
    said = [_say_best(board), *_say_against(board.against)]
    return render_board(board) + "".join(map(render_sentence, filter(None, said)))


def _say_against(found: AgainstBaseline | None) -> list[str]:
    """Name the models significantly below, or not distinguishable from, the TF-IDF baseline."""
    if found is None:
        return []
    forms = ((copy.BELOW_BASELINE, found.below), (copy.TIED_WITH_BASELINE, found.level))
    return [
        form.format(names=", ".join(names), accuracy=100 * found.accuracy)
        for form, names in forms
        if names
    ]


def _say_best(board: Leaderboard) -> str:
    # The cost of a model that was trained before is not all in its row.
    own = [row for row in board.rows if not row.model.started_from]
    gained = [row for row in own if row.gain and row.seconds is not None]
    best = max(gained, key=lambda row: row.gain.difference if row.gain else 0.0, default=None)
    if best is None or best.gain is None or best.gain.difference <= 0:
        return ""
    return copy.BEST.format(
        title=dataset_title(board.dataset),
        backbone=best.backbone,
        trainable=best.model.trainable,
        seconds=say_duration(best.seconds or 0.0),
        tuning=tuning_title(best.model),
        after=100 * best.accuracy,
        before=100 * (best.accuracy - best.gain.difference),
        gain=signed(best.gain.difference),
        low=signed(best.gain.interval.low),
        high=signed(best.gain.interval.high),
    )


def render_whole_chart(facts: LessonData) -> Markup:
    """Render the lesson's chart with every row revealed."""
    chart = build_chart(facts.sentences)
    known = LessonVisit(frozenset(row.key for row in chart.rows))
    return render_chart(chart, known, len(copy.STEPS))


def render_handout(facts: LessonData, counted: Sequence[Counted], problem: str = "") -> Markup:
    """Render the whole lesson for paper: every step with its figures and its notes.

    Args:
        counted: the recipes at full size; without any, `problem` says why.
    """
    if counted:
        whole = render_recipe(counted[0]) + render_counted(counted)
    else:
        whole = render_message(problem or copy.COUNTING)
    costs = "".join(render_costs(facts, dataset) for dataset in facts.boards)
    last = costs or render_message(copy.NO_FIGURES)
    minutes = sum(step.notes.minutes for step in copy.STEPS)
    sections = [
        {
            "step": render_step(place),
            "figure": Markup(figure),
            "title": copy.NOTES.format(minutes=copy.STEPS[place].notes.minutes),
            "notes": render_notes(place, is_folded=False),
        }
        for place, figure in enumerate([*render_figures(facts), whole, last])
    ]
    return render_template(
        "lesson_handout",
        title=copy.HANDOUT_TITLE,
        intro=copy.HANDOUT_INTRO.format(minutes=minutes, steps=len(copy.STEPS)),
        chart=render_whole_chart(facts),
        sections=sections,
    )
