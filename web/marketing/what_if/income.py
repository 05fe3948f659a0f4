"""Who has how much of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.orders.discounts import is_discount, total_fen
from web.orders.pricing import Line
from web.orders.replaying import Bought
from web.orders.sharing import shares_of


@dataclass(frozen=True)
class Income:
    """What customers pay, what of it the platform keeps, what workers earn. Fen."""

    customers_fen: int = 0
    platform_fen: int = 0
    workers_fen: int = 0

    def __add__(self, other: Income) -> Income:
        return Income(
            self.customers_fen + other.customers_fen,
            self.platform_fen + other.platform_fen,
            self.workers_fen + other.workers_fen,
        )

    def __sub__(self, other: Income) -> Income:
        return Income(
            self.customers_fen - other.customers_fen,
            self.platform_fen - other.platform_fen,
            self.workers_fen - other.workers_fen,
        )


def income_of(one: Bought, lines: Sequence[Line]) -> Income:
    """Of an order with these lines, and what came to it afterwards."""
    price_fen = total_fen(lines) + one.extra_fen
    off_fen = -sum(line.amount_fen for line in lines if is_discount(line.rule))
    by_worker_fen = sum(line.worker_fen for line in lines)
    shares = shares_of(price_fen, one.commission_bp, discount_fen=off_fen, by_worker_fen=by_worker_fen)
    return Income(price_fen, shares.commission_fen - shares.coupons_fen, shares.worker_fen)
