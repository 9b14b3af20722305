"""Label names of checkpoints: the polarity (negative, neutral, positive) of each of them.

Names are read in several languages, as abbreviations (`neg`, `NEU`, `P+`), as degrees (`very
positive`) and as stars (`1 star` to `5 stars`). Importing this module loads no library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from sentiment.errors import CheckpointError

Polarity = Literal["negative", "neutral", "positive"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)

_SPELLINGS: dict[Polarity, str] = {
    "negative": """neg negative negativ negativa negativo negativos negativas negatif negative
        negatief negatywny negativni negatywna negativt olumsuz отрицательный отрицательная
        негативный негативная негатив ネガティブ 否定 负面 消极 負面 消極 부정 부정적 سلبي
        नकारात्मक tieu_cuc αρνητικο αρνητικη kielteinen zaporny ujemny bad worse worst terrible
        awful poor unfavorable unfavourable dissatisfied unsatisfied dislike disliked malo mauvais
        schlecht cattivo плохой 差评 坏""",
    "neutral": """neu neut neutral neutrale neutralny neutralni neutre neutro neutra neutraal notr
        netral neutralt neutraali mixed нейтральный нейтральная нейтрально ニュートラル 中性 中立
        중립 محايد तटस्थ trung_tinh trung_lap ουδετερο ουδετερη middle none unsure undecided
        ambivalent average ok okay 中评""",
    "positive": """pos positive positiv positiva positivo positivos positivas positif positief
        pozytywny pozitivni pozytywna positivt olumlu pozitif положительный положительная
        позитивный позитивная позитив ポジティブ 肯定 正面 积极 積極 긍정 긍정적 ايجابي إيجابي
        सकारात्मक tich_cuc θετικο θετικη myonteinen dodatni good better best great excellent
        favorable favourable satisfied like liked bueno bon gut buono хороший 好评 好""",
}
_DEGREES = """very extremely highly strongly strong slightly slight somewhat weakly weak moderately
    moderate mostly rather quite super muy tres molto sehr zeer bardzo çok cok очень overly
    overwhelmingly fairly mildly mild leaning sentiment label class"""
_SHORT: dict[str, Polarity] = {  # read only where every label is one of them
    "n": "negative",
    "n+": "negative",
    "n-": "negative",
    "neu": "neutral",
    "none": "neutral",
    "o": "neutral",
    "p": "positive",
    "p+": "positive",
    "p-": "positive",
    "-": "negative",
    "+": "positive",
    "=": "neutral",
    "-1": "negative",
    "-2": "negative",
    "0": "neutral",
    "1": "positive",
    "2": "positive",
    "+1": "positive",
    "+2": "positive",
}
_STARS = re.compile(
    r"(\d+(?:\.\d+)?)[\W_]*(?:star|stars|estrella|estrellas|etoile|etoiles|stern|sterne|stelle|stella"
    r"|estrela|estrelas|sterren|ster|星|звезда|звезды|звёзд|звезд|rating|points?)"
)
_DENIED = re.compile(r"(?:non|not|no)[\s_-]*(.+)")
_OPPOSITE: dict[str | None, Polarity] = {"negative": "positive", "positive": "negative"}
_UNNAMED = re.compile(r"(?:label|class|LABEL|output)?[_ -]?\d+", re.IGNORECASE)

# Label names of classifiers for other tasks, by task.
_TOPICS = {
    "emotions": """joy sadness anger fear surprise disgust love happy sad angry happiness admiration
        gratitude optimism pessimism excitement annoyance curiosity remorse""",
    "toxicity": """toxic toxicity non-toxic nontoxic not_toxic severe_toxic obscene threat insult
        identity_hate hate hateful non-hate not-hate nothate hate_speech offensive non-offensive
        not_offensive offense abusive safe unsafe nsfw""",
    "spam": "spam ham not_spam phishing",
    "irony": "irony non_irony sarcasm sarcastic not_sarcastic",
    "subjectivity": "subjective objective subj obj",
    "entailment": "entailment contradiction not_entailment non_entailment",
    "languages": "en de fr es it ru zh ja",
}
_REJECTIONS = frozenset(["contradiction", "not_entailment", "non_entailment", "not entailment"])


def _simplify(name: str) -> str:
    """Convert to lower case and remove accents, so that spellings can be compared."""
    decomposed = unicodedata.normalize("NFKD", name.strip().lower())
    # Latin accents only: a combining sign of another script is part of its letter.
    plain = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFKC", plain)


_KNOWN: dict[str, Polarity] = {
    _simplify(spelling).replace("_", " "): polarity
    for polarity, spellings in _SPELLINGS.items()
    for spelling in spellings.split()
}
_DEGREE_WORDS = frozenset(_simplify(_DEGREES).split())


def read_polarity(name: str) -> Polarity | None:
    """Read the polarity of one label name, None if it is unknown."""
    words = re.split(r"[\s_\-/]+", _simplify(name).strip(" _-"))
    kept = [word for word in words if word and word not in _DEGREE_WORDS]
    return _KNOWN.get(" ".join(kept))


def read_polarities(names: Sequence[str]) -> tuple[Polarity, ...] | None:
    """Read the polarity of each label.

    Stars and other ratings are negative below the middle of the scale, neutral at it and positive
    above it. One name settles two labels: `positive` and `other` are the two sides.

    Returns:
        None if a name is unknown, or if the names have not both a negative and a positive side;
        one label alone has one side.
    """
    stars = [_STARS.fullmatch(_simplify(name)) for name in names]
    found: list[Polarity | None]
    if names and all(stars):
        ratings = [float(star[1]) for star in stars if star]
        middle = (min(ratings) + max(ratings)) / 2
        found = [_compare(rating, middle) for rating in ratings]
    else:
        found = [read_polarity(name) for name in names]
        short = [_SHORT.get(name.strip().lower()) for name in names]
        has_sign = any(name.strip()[:1] in ("-", "+", "N", "n", "P", "p") for name in names)
        if None in found and has_sign and None not in short:
            found = short
        if len(names) <= 2:
            found = _complete(names, found)
    sides = {polarity for polarity in found if polarity != "neutral"}
    if None in found or len(sides) != (1 if len(names) == 1 else 2):
        return None
    return tuple(polarity for polarity in found if polarity is not None)


def _complete(names: Sequence[str], found: Sequence[Polarity | None]) -> list[Polarity | None]:
    """Complete one or two labels: a denied side, or any name beside a side, is the other one."""
    known = [
        own or _OPPOSITE.get(_read_denied(name)) for name, own in zip(names, found, strict=True)
    ]
    return [own or _OPPOSITE.get(other) for own, other in zip(known, known[::-1], strict=True)]


def _read_denied(name: str) -> Polarity | None:
    """Read the polarity that a name such as `not positive` or `non-negative` denies."""
    denied = _DENIED.fullmatch(_simplify(name))
    return read_polarity(denied[1]) if denied else None


def _compare(rating: float, middle: float) -> Polarity:
    if rating == middle:
        return "neutral"
    return "negative" if rating < middle else "positive"


def is_unnamed(names: Sequence[str]) -> bool:
    """Return whether the names say nothing: `LABEL_0`, `LABEL_1`, … or bare numbers."""
    return all(_UNNAMED.fullmatch(name.strip()) for name in names)


def find_topic(names: Sequence[str]) -> str | None:
    """Return the task of the labels if it is known to be another one than sentiment, else None."""
    words = {_simplify(name) for name in names}
    return next(
        (topic for topic, known in _TOPICS.items() if not words.isdisjoint(known.split())), None
    )


def is_entailment(names: Sequence[str]) -> bool:
    """Return whether the labels are those of textual entailment: entailment, contradiction, …"""
    words = {_simplify(name) for name in names}
    return len(words) in (2, 3) and "entailment" in words and bool(words & _REJECTIONS)


def read_label_names(config: Mapping[str, Any]) -> dict[int, str]:
    """Read the label names of a `config.json`, from `id2label` and `label2id`.

    `id2label` comes first; of a name that says nothing, such as `LABEL_0`, the other is taken.

    Returns:
        the names by class index; empty if the configuration has none.
    """
    names = dict(_read_pairs(config, "id2label"))
    for number, name in _read_pairs(config, "label2id"):
        if is_unnamed([names.get(number, "0")]):
            names[number] = name
    return names


def check_label_names(model: str, config: Mapping[str, Any]) -> None:
    """Check that `id2label` and `label2id` of a `config.json` do not contradict each other.

    Raises:
        CheckpointError: they name a label differently.
    """
    names = dict(_read_pairs(config, "id2label"))
    for number, other in _read_pairs(config, "label2id"):
        name = names.get(number, other)
        pair = [_simplify(own) for own in (name, other)]
        if is_unnamed([name]) or is_unnamed([other]) or pair[0] == pair[1]:
            continue
        if read_polarity(name) is None or read_polarity(name) != read_polarity(other):
            raise CheckpointError(
                f"{model}/config.json contradicts itself: label {number} is {name[:40]} by "
                f"id2label and {other[:40]} by label2id. Correct the wrong one."
            )


def _read_pairs(config: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    """Read the numbers and names of `id2label` or `label2id`, empty if it is unreadable."""
    try:
        pairs = list((config.get(key) or {}).items())
        return [(int(a), str(b)) if key == "id2label" else (int(b), str(a)) for a, b in pairs]
    except (AttributeError, TypeError, ValueError):
        return []
