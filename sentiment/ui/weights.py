"""Pure: how many weights are frozen and how many trained, as a bar that says its numbers."""

from __future__ import annotations

from html import escape

from sentiment.formatting import share_of
from sentiment.ui import text

_THINNEST = 0.6  # per cent of a bar that can still be seen


def render_weights(total: int, trainable: int, name: str = "") -> str:
    """Frozen and trained weights as one bar with a legend.

    Args:
        name: what is said before the numbers to who cannot see the bar.
    """
    share = 100 * trainable / max(1, total)
    shown = share_of(trainable, total)
    said = text.WEIGHTS_SAID.format(frozen=total - trainable, trainable=trainable, share=shown)
    is_thin = 0 < share < _THINNEST
    drawn = _THINNEST if is_thin else share
    label = f"{name}: {said}" if name else said
    return (
        f'<div class="s-parts" role="img" aria-label="{escape(label)}">'
        f'<i style="width:{100 - drawn:.2f}%"></i><u style="width:{drawn:.2f}%"></u></div>'
        f'<p class="s-legend"><b class="s-still">{text.FROZEN} {total - trainable:,}</b> '
        f'<b class="s-moves">{text.TRAINED} {trainable:,} ({shown} %)</b>'
        f"{f' {text.TOO_THIN}' if is_thin else ''}</p>"
    )
