"""How the price of an order is shared out: pure. Money is fen."""

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
