"""Render the figures of the lesson as escaped HTML for screen and print.

Bars carry their numbers, and every bar says in words what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sentiment.data.sources import dataset_title
from sentiment.evaluation.comparison import Comparison
from sentiment.evaluation.metrics import Interval
from sentiment.formatting import format_p, say_bytes, say_duration, share_of, signed
from sentiment.models.catalogue import ModelInfo
from sentiment.recipes import RECIPES, TUNING_TITLES
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.board import Leaderboard, LeaderboardRow
from sentiment.ui.lesson.recipe_memory import Counted
from sentiment.ui.render.html import NOT_KNOWN, render_note, render_parameters, scroll_table
from sentiment.ui.text import shared


@dataclass(frozen=True)
class Bar:
    """Accuracy of a bar, from 0 to 1."""

    who: str
    how: str
    accuracy: float
    interval: Interval
    is_trained: bool = False


def bar_of(row: LeaderboardRow) -> Bar:
    """Build the bar of a row of a board."""
    return Bar(row.backbone, tuning_title(row.model), row.accuracy, row.interval, _is_trained(row))


def tuning_title(model: ModelInfo) -> str:
    """Return the title of the tuning of a model, such as Zero-shot, LoRA or Top layers."""
    if model.kind == "fine-tuned":
        return TUNING_TITLES.get(model.tuning, model.tuning)
    return shared.ZERO_SHOT if model.kind == "zero-shot" else shared.BASELINE


def _row_title(row: LeaderboardRow) -> str:
    """Return backbone and tuning, and the data that the model was trained on before, if any."""
    title = f"{row.backbone}, {tuning_title(row.model)}"
    before = RECIPES.get(row.model.started_from)
    return f"{title} {copy.AFTER.format(start=dataset_title(before.dataset))}" if before else title


def _is_trained(row: LeaderboardRow) -> bool:
    return row.model.kind == "fine-tuned"


def render_accuracies(bars: Sequence[Bar], board: Leaderboard) -> str:
    """Render accuracies with intervals, and the majority class as a dashed line."""
    caption = copy.ACCURACY_CAPTION.format(n=board.n, title=board.title)
    floor = copy.FLOOR.format(label=board.floor_label, floor=100 * board.floor)
    rows = "".join(_accuracy(bar, board.floor) for bar in bars)
    return _figure(caption, rows, floor)


def _figure(caption: str, body: str, legend: str = "") -> str:
    below = f'<p class="s-legend">{escape(legend)}</p>' if legend else ""
    return (
        f'<figure class="s-figure"><figcaption>{escape(caption)}</figcaption>{body}{below}</figure>'
    )


def _accuracy(bar: Bar, floor: float) -> str:
    accuracy, low, high = (100 * v for v in (bar.accuracy, bar.interval.low, bar.interval.high))
    said = copy.BAR_SAID.format(who=f"{bar.who}, {bar.how}", accuracy=accuracy, low=low, high=high)
    style = "s-measure s-learned" if bar.is_trained else "s-measure"
    return (
        f'<div class="{style}" role="img" aria-label="{escape(said)}">'
        f"<span><b>{escape(bar.who)}</b> {escape(bar.how)}</span>"
        f'<div class="s-scale"><i style="width:{accuracy:.2f}%"></i>'
        f'<u style="left:{low:.2f}%;width:{high - low:.2f}%"></u>'
        f'<s style="left:{100 * floor:.2f}%"></s></div>'
        f"<strong>{accuracy:.1f}<small>[{low:.1f}, {high:.1f}]</small></strong></div>"
    )


def render_parts(name: str, total: int, trainable: int) -> str:
    """Render frozen and trainable parameters of a model as one bar, with their counts."""
    caption = copy.PARTS_CAPTION.format(name=name)
    return _figure(caption, render_parameters(total, trainable, caption))


def render_memory(counted: Counted) -> str:
    """Render the minimum memory of training by component, and how it is computed."""
    sizes = (
        counted.weight_bytes,
        counted.gradient_bytes,
        counted.optimizer_bytes,
        counted.all_bytes,
    )
    rows = "".join(
        f'<div class="s-measure" role="img" aria-label="{escape(f"{name}: {say_bytes(size)}")}">'
        f'<span>{escape(name)}</span><div class="s-scale">'
        f'<i style="width:{100 * size / counted.all_bytes:.2f}%"></i></div>'
        f"<strong>{say_bytes(size)}</strong></div>"
        for name, size in zip(copy.MEMORY_ROWS, sizes, strict=True)
    )
    formula = copy.MEMORY_FORMULA.format(total=counted.total, trainable=counted.trainable)
    return _figure(copy.MEMORY_CAPTION.format(name=counted.recipe.name), rows, formula)


def render_counted(all_counted: Sequence[Counted]) -> str:
    """Render a table of the full-size recipes: parameters and memory."""
    headers = (copy.RECIPE, shared.FROZEN, shared.TRAINED, *copy.MEMORY_ROWS)
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in headers)
    body = "".join(
        f'<tr><th scope="row">{escape(own.recipe.name)}</th><td>{own.frozen:,}</td>'
        f"<td>{own.trainable:,}</td><td>{say_bytes(own.weight_bytes)}</td>"
        f"<td>{say_bytes(own.gradient_bytes)}</td><td>{say_bytes(own.optimizer_bytes)}</td>"
        f"<td>{say_bytes(own.all_bytes)}</td></tr>"
        for own in all_counted
    )
    return scroll_table(copy.ALL_COUNTED, f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")


def render_board(board: Leaderboard) -> str:
    """Render the cost and accuracy of every model of a board."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in copy.BOARD_HEADERS)
    body = "".join(map(_board_row, board.rows))
    empty = f"<td>{NOT_KNOWN}</td>"
    body += (
        f'<tr class="s-floor"><th scope="row">always {board.floor_label}'
        f"<small>{shared.MAJORITY}</small></th>{empty * 3}"
        f"<td>{100 * board.floor:.1f}</td>{empty * 2}</tr>"
    )
    caption = copy.BOARD_CAPTION.format(title=board.title, n=board.n)
    table = scroll_table(caption, f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")
    places = dict.fromkeys(row.measured_on for row in board.rows if row.measured_on)
    pairs = next((row.gain.pairs for row in board.rows if row.gain), 0)
    note = copy.BOARD_NOTE.format(pairs=pairs, where=" and ".join(places) or NOT_KNOWN)
    return table + render_note(note)


def _board_row(row: LeaderboardRow) -> str:
    model = row.model
    trained = f"{model.trainable:,}" if model.trainable else copy.NOTHING_TRAINED
    share = share_of(model.trainable, model.parameters) if _is_trained(row) else ""
    after = copy.AFTER.format(start=model.started_from) if model.started_from else ""
    low, high = 100 * row.interval.low, 100 * row.interval.high
    gain = _gain(row.gain) if row.gain else NOT_KNOWN
    p = format_p(row.gain.p_holm).removeprefix("p ").removeprefix("= ") if row.gain else NOT_KNOWN
    return (
        f'<tr><th scope="row">{escape(_row_title(row))}'
        f"<small>{escape(model.name)}</small></th>"
        f"<td>{trained}{_small(f'{share} %' if share else '')}</td>"
        f"<td>{NOT_KNOWN if row.seconds is None else say_duration(row.seconds)}{_small(after)}</td>"
        f"<td>{NOT_KNOWN if row.ms is None else f'{row.ms:.1f}'}</td>"
        f"<td>{100 * row.accuracy:.1f}<small>[{low:.1f}, {high:.1f}]</small></td>"
        f"<td>{gain}</td><td>{escape(p)}</td></tr>"
    )


def _small(said: str) -> str:
    return f"<small>{escape(said)}</small>" if said else ""


def _gain(gain: Comparison) -> str:
    low, high = gain.interval.low, gain.interval.high
    return f"{signed(gain.difference)}<small>[{signed(low)}, {signed(high)}]</small>"
