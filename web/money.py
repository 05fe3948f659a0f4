"""Money: integer fen everywhere, split without losing one, shown as people in China read it."""

from collections.abc import Sequence
from typing import NewType

Fen = NewType("Fen", int)


def allocate(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Split `amount_fen` by `weights` with the largest-remainder method: the parts always sum to the whole.

    Ties go to the earlier part. Raises ValueError when no weight is positive.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [amount_fen * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount_fen * weights[i] % total))
    for i in by_remainder[: amount_fen - sum(parts)]:
        parts[i] += 1
    return parts


def share(amount_fen: int, basis_points: int) -> tuple[int, int]:
    """(the share of `basis_points` / 10000, the rest); the rest takes the remainder."""
    part = amount_fen * basis_points // 10_000
    return part, amount_fen - part


def format_yuan(amount_fen: int) -> str:
    """¥ with two decimals and thousands separated: 123456 -> "¥1,234.56"."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}¥{abs(amount_fen) // 100:,}.{abs(amount_fen) % 100:02d}"
