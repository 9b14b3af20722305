"""Pure: results -> tables as escaped HTML: scores, slices, capabilities, the data of a figure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import pandas as pd

from sentiment.data.loading import CAPABILITY_TITLES
from sentiment.evaluation.challenge import CapabilityScore, FailureRate
from sentiment.evaluation.published import Published
from sentiment.evaluation.score_table import FORMATS, WITH_INTERVAL, export_scores
from sentiment.evaluation.subsets import SliceScore
from sentiment.formatting import METRIC_TITLES
from sentiment.ui.render.html import NOT_KNOWN, scroll_table
from sentiment.ui.text import shared as copy

_HEADERS = {
    "model": "Model",
    **{name: title for name, title in METRIC_TITLES.items() if name != "mcc"},
    "parameters": "Parameters",
    "size": "Size on disk",
    "ms": copy.COST_MS,
}
_TYPES = {".csv": "text/csv", ".tex": "text/x-tex", ".md": "text/markdown"}
_FORMAT_TITLES = {".csv": "CSV", ".tex": "LaTeX", ".md": "Markdown"}


def render_scores(
    frame: pd.DataFrame,
    *,
    floor: dict[str, object],
    published: Sequence[Published],
    caption: str,
) -> str:
    """The table, grouped by backbone so that zero-shot and fine-tuned stand together."""
    head = "".join(f'<th scope="col">{title}</th>' for title in _HEADERS.values())
    body = []
    for backbone, group in frame.groupby("backbone", sort=False):
        body.append(_group_row(str(backbone)))
        body += [_row(row) for _, row in group.iterrows()]
    always = "positive" if floor["is_positive"] else "negative"
    empty = f"<td>{NOT_KNOWN}</td>" * (len(_HEADERS) - 2)
    body.append(
        f'<tr class="s-floor"><th scope="row">always {always}<small>{copy.MAJORITY}</small></th>'
        f"<td>{floor['accuracy']:.4f}</td>{empty}</tr>"
    )
    if published:
        body.append(_group_row(copy.PUBLISHED_TITLE))
        body += [_published_row(entry) for entry in published]
    return scroll_table(caption, f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>")


def _group_row(title: str) -> str:
    return (
        f'<tr class="s-group"><th scope="rowgroup" colspan="{len(_HEADERS)}">{escape(title)}</th>'
        f"</tr>"
    )


def _row(row: pd.Series) -> str:
    cells = [
        f'<th scope="row">{escape(row["model"])}<small>{escape(_kind(row))}</small></th>',
    ]
    for name in WITH_INTERVAL:
        cells.append(f"<td>{_measured(row, name)}</td>")
    cells.append(f"<td>{_number(row['ece'], '{:.3f}')}</td>")
    exact = _number(row["parameters"], "{:,.0f}")
    trained = (
        _number(row["trainable"], copy.TRAINABLE_COUNT) if row["trainable"] else copy.NONE_TRAINABLE
    )
    cells.append(
        f'<td title="{exact}">{_number(row["parameters"] / 1e6, "{:.1f} M")}'
        f"<small>{trained}</small></td>"
    )
    in_kilobytes = row["size"] < 100_000
    divisor, unit = (1e3, "kB") if in_kilobytes else (1e6, "MB")
    cells.append(f"<td>{_number(row['size'] / divisor, f'{{:.1f}} {unit}')}</td>")
    slowest = _number(row["ms_p95"], "p95 {:.1f}")
    cells.append(f"<td>{_number(row['ms_median'], '{:.1f}')}<small>{slowest}</small></td>")
    return f"<tr>{''.join(cells)}</tr>"


def _kind(row: pd.Series) -> str:
    return f"{row['kind']}, {row['template']}" if row["template"] else str(row["kind"])


def _published_row(entry: Published) -> str:
    split = copy.SAME_SPLIT if entry.is_same_split else copy.OTHER_SPLIT
    return (
        f'<tr class="s-floor"><th scope="row">{escape(entry.method)}</th>'
        f'<td>{escape(entry.shown)}</td><td class="s-why" colspan="{len(_HEADERS) - 2}">{split}: '
        f"{escape(entry.note)}</td></tr>"
    )


def render_exports(frame: pd.DataFrame, name: str) -> str:
    """Links that save the table, as data in the page: nothing is kept on the server."""
    links = []
    for form in FORMATS:
        content = b64encode(export_scores(frame, form).encode()).decode()
        links.append(
            f'<a class="s-link" download="{escape(name)}{form}" '
            f'href="data:{_TYPES[form]};charset=utf-8;base64,{content}">{_FORMAT_TITLES[form]}</a>'
        )
    return f'<p class="s-exports">{copy.SAVE_TABLE} {" ".join(links)}</p>'


def render_data(said: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """What stands under a figure: a sentence on what it shows, and its numbers behind a toggle."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in headers)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    table = scroll_table(said, f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")
    return (
        f'<p class="s-say">{escape(said)}</p><details class="s-data">'
        f"<summary>{copy.SHOW_NUMBERS}</summary>{table}</details>"
    )


def render_slices(
    a: str, b: str, rows: Sequence[tuple[str, SliceScore, SliceScore]], caption: str
) -> str:
    """Accuracy of A and B on slices of the data; small slices are greyed."""
    body = []
    for name, score_a, score_b in rows:
        style = ' class="s-floor"' if score_a.is_small else ""
        note = f"<small>{copy.FEW_TEXTS}</small>" if score_a.is_small else ""
        difference = 100 * (score_b.accuracy - score_a.accuracy)
        body.append(
            f'<tr{style}><th scope="row">{escape(name)}{note}</th><td>{score_a.n:,}</td>'
            f"<td>{_sliced(score_a)}</td><td>{_sliced(score_b)}</td>"
            f"<td>{'−' if difference < 0 else '+'}{abs(difference):.1f}</td></tr>"
        )
    head = "".join(
        f'<th scope="col">{escape(title)}</th>'
        for title in ("Slice", "n", f"A: {a}", f"B: {b}", "B − A, points")
    )
    return scroll_table(caption, f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>")


def _sliced(score: SliceScore) -> str:
    low, high = score.interval.low, score.interval.high
    return f"{score.accuracy:.3f}<small>[{low:.3f}, {high:.3f}]</small>"


def render_capabilities(
    a: str,
    b: str,
    scores: tuple[Sequence[CapabilityScore], Sequence[CapabilityScore]],
    caption: str,
) -> str:
    """Error rates of A and B by capability, and failed invariance and directional pairs."""
    head = (
        f'<tr><th scope="col" rowspan="2">{copy.CAPABILITY}</th>'
        f'<th scope="colgroup" colspan="2">A: {escape(a)}</th>'
        f'<th scope="colgroup" colspan="2">B: {escape(b)}</th></tr>'
        f"<tr>{f'<th scope=col>{copy.WRONG_LABELS}</th><th scope=col>{copy.FAILED_PAIRS}</th>' * 2}"
        f"</tr>"
    )
    body = "".join(
        f'<tr><th scope="row">{escape(CAPABILITY_TITLES[own.capability])}</th>'
        + "".join(
            f"<td>{_opening(side, s)}</td><td>{_failed_pairs(s)}</td>"
            for side, s in (("a", own), ("b", other))
        )
        + "</tr>"
        for own, other in zip(*scores, strict=True)
    )
    return scroll_table(caption, f"<thead>{head}</thead><tbody>{body}</tbody>")


def _opening(side: str, score: CapabilityScore) -> str:
    """Errors, as a button that opens the texts where there are some."""
    if not score.labels.failures:
        return _failed(score.labels)
    title = CAPABILITY_TITLES[score.capability]
    label = f"{title}: {score.labels.failures} errors of {side.upper()}. Show these texts."
    return (
        f'<button type="button" class="s-open" data-show="w-{side}|{escape(title)}" '
        f'aria-label="{escape(label)}">{_failed(score.labels)}</button>'
    )


def _failed(share: FailureRate) -> str:
    low, high = 100 * share.interval.low, 100 * share.interval.high
    return (
        f"{share.failures} of {share.n}<small>{100 * share.rate:.0f} % [{low:.0f}, {high:.0f}]"
        f"</small>"
    )


def _failed_pairs(score: CapabilityScore) -> str:
    if score.invariance:
        return f"{_failed(score.invariance)}<small>{copy.FLIPPED_PAIRS}</small>"
    if score.directional:
        return f"{_failed(score.directional)}<small>{copy.MISDIRECTED_PAIRS}</small>"
    return NOT_KNOWN


def _measured(row: pd.Series, name: str) -> str:
    if pd.isna(row[name]):
        return NOT_KNOWN
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.4f}<small>[{low:.3f}, {high:.3f}]</small>"


def _number(value: float | None, form: str) -> str:
    return NOT_KNOWN if value is None or pd.isna(value) else form.format(value)
