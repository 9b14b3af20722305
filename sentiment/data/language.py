"""A guess whether a text is English, from its most frequent words."""

from __future__ import annotations

import re

MIN_WORDS = 4  # a shorter text says too little
_FREQUENT = frozenset(
    """the a an and or but if of to in on at by for with from as is are was were be been it its this
    that these those i you he she we they me my your his her our their not no so all there what
    who which when how have has had do does did will would can could than then just very too
    film movie book food one out up about into more only even""".split()  # noqa: SIM905
)


def looks_english(text: str) -> bool:
    """Return whether `text` holds a frequent English word, or is too short to tell."""
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return True
    if sum(c.isascii() for c in letters) < 0.6 * len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) < MIN_WORDS or any(word in _FREQUENT for word in words)
