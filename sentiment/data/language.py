"""A guess whether a text is English, from its most frequent words."""

from __future__ import annotations

import re

MIN_WORDS = 6  # a shorter text says too little
_ENGLISH = frozenset(
    """the and but with that this it it's you my they not very have were are which would could from
    what who when how all there their its his her than then just more only out about your our been
    never every""".split()  # noqa: SIM905
)
_SHARED = frozenset("a i to of is was in on an for at by be so no we he me as had".split())  # noqa: SIM905


def looks_english(text: str) -> bool:
    """Return whether `text` holds words that mark English, or is too short to tell.

    One word that no neighbouring language has is enough, or two that some of them share.
    """
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return True
    if sum(c.isascii() for c in letters) < 0.6 * len(letters):
        return False
    words = re.findall(r"[^\W\d_]+(?:'[a-z]+)?", text.lower())
    seen = set(words)
    return len(words) < MIN_WORDS or bool(seen & _ENGLISH) or len(seen & _SHARED) > 1
