"""How the price of an order is shared out: pure. Money is fen."""

from collections.abc import Iterable
from dataclasses import dataclass

from web.money import share


@dataclass(frozen=True)
class Shares:
    """Who gets what of a price: price + coupons = commission + worker. coupons_fen: what the platform adds, so that a
    discount that it bears costs nobody else.
    """

    commission_fen: int
    worker_fen: int
    coupons_fen: int = 0


def shares_of(price_fen: int, commission_bp: int, *, discount_fen: int = 0, by_worker_fen: int = 0) -> Shares:
    """Both parts are reckoned from what the order would have cost without its discounts; by_worker_fen of these the
    worker bears, never more than he earns with it.
    """
    commission, rest = share(price_fen + discount_fen, commission_bp)
    borne = min(by_worker_fen, rest)
    return Shares(commission, rest - borne, discount_fen - borne)


def parts_of(borne_fen: int, discounts: Iterable[tuple[int, int]]) -> list[int]:
    """What each discount costs the platform of what it bears of them all. discounts: (what it takes off, what of that
    the worker was to bear).

    Each has what it leaves to the platform, pro rata of what refunds have left of that; and what a worker could not
    bear after all, those have that were to be borne by him.
    """
    taken = list(discounts)
    platform, by_worker = sum(off - worker for off, worker in taken), sum(worker for _, worker in taken)
    kept, beyond = min(borne_fen, platform), max(borne_fen - platform, 0)
    parts, before, own, his = list[int](), 0, 0, 0
    for off, worker in taken:
        own, his = own + off - worker, his + worker
        # Rounded from the start on: together they are what is borne.
        so_far = (own * kept // platform if platform else 0) + (his * beyond // by_worker if by_worker else 0)
        parts.append(so_far - before)
        before = so_far
    return parts
