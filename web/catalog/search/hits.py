"""What a search answers."""

from dataclasses import dataclass
from enum import StrEnum


class Manner(StrEnum):
    """How a piece of the query and a word of the catalogue came together."""

    EXACT = "exact"
    PART = "part"
    PINYIN = "pinyin"
    INITIALS = "initials"
    TYPO = "typo"
    SYNONYM = "synonym"
    NEED = "need"


@dataclass(frozen=True)
class Reason:
    """field: `Field.label`. matched: what of the query. word: of the catalogue. quality: 0 to 1, without the field."""

    field: str
    matched: str
    word: str
    manner: Manner
    quality: float


@dataclass(frozen=True)
class Hit:
    """A service found. score: 0 to 1, in hundredths; reasons: only where they were asked for, as the query reads.

    One that came for it is like the first may have none of its own.
    """

    service_id: int
    score: float
    reasons: tuple[Reason, ...] = ()
