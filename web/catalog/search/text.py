"""Texts as the engine compares them: plain characters without width, case, accents, punctuation and emoji."""

import re
import unicodedata
from functools import lru_cache

LIMIT = 100
"""Characters of a query that are looked at."""

_RUN = re.compile(r"[㐀-䶿一-鿿〇]+|[a-z0-9]+")
_MARKS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+")
_BRACKETS = re.compile(r"[(\[【《<「『〔][^)\]】》>」』〕]*[)\]】》>」』〕]")
_MEASURES = re.compile(r"\d+(?:\.\d+)?\s*(?:个?小时|分钟|次|台|平方?米?|平米|人|套|扇|件)?")


def plain(text: str) -> str:
    """Full-width letters become ordinary, capitals small, tone marks go; of the rest but Chinese spaces are left."""
    # Letters with marks come apart, so that kōngtiáo is kongtiao; ü is typed v.
    text = unicodedata.normalize("NFKD", text).casefold().replace("u\u0308", "v")
    return " ".join(_RUN.findall(_MARKS.sub("", text)))


def runs(text: str) -> list[str]:
    """The stretches of Chinese and of letters and digits in a plain text."""
    return _RUN.findall(text)


@lru_cache(maxsize=50_000)
def squeezed(text: str) -> str:
    """Plain, and without spaces."""
    return plain(text).replace(" ", "")


def core(name: str) -> str:
    """A name without its measures and what stands in brackets: 全身推拿 90 分钟 → 全身推拿. Squeezed."""
    name = unicodedata.normalize("NFKC", name)
    return squeezed(_MEASURES.sub(" ", _BRACKETS.sub(" ", name))) or squeezed(name)


def is_han(char: str) -> bool:
    """A Chinese character, of those that `plain` leaves."""
    return char > "\u2fff"


def is_chinese(text: str) -> bool:
    """Chinese characters only."""
    return bool(text) and all(map(is_han, text))
