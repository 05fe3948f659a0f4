"""A part of a price that its customer pays with points: a line like a discount's, which the platform bears."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import points_selectors
from web.marketing import services as marketing
from web.orders.discounts import POINTS, taken_off
from web.orders.models import Order
from web.orders.pricing import Line, Price

NAME = "积分抵扣"


@dataclass(frozen=True)
class PointsOffer:
    """What a customer could pay of a price with points. balance: what he has; most: so many of them at most, in whole
    steps; off_fen: what they pay.
    """

    balance: int
    most: int
    off_fen: int


def offer_of(customer: User, priced: Price, *, city: str) -> PointsOffer | None:
    """For a price that nothing is paid of yet; None where no points are taken."""
    terms = points_selectors.terms_in(city).points
    if not terms.spend_bp:
        return None
    balance = points_selectors.balance_of(customer)
    most = terms.most_for(priced.total_fen, balance=balance)
    return PointsOffer(balance, most, terms.worth_fen(most))


def paid_with(priced: Price, number: int, *, city: str) -> Price:
    """The price with a line of so many points; 0 leaves it as it is. Whether he has them is asked when they are kept.

    Raises DoorbellError points_not_accepted with details {most}.
    """
    if not number:
        return priced
    terms = points_selectors.terms_in(city)
    most = terms.points.most_for(priced.total_fen, balance=number)
    fen = terms.points.worth_fen(number)
    lines = taken_off(priced.lines, Line(NAME, 1, -fen, -fen, POINTS, rule_version=terms.version))
    if most != number or _paid_by_points(lines) != fen:
        raise DoorbellError("points_not_accepted", details={"most": most})
    return replace(priced, lines=lines)


def keep_points(order: Order, priced: Price, number: int) -> None:
    """They leave the customer's balance, in the transaction that makes the order.

    Raises DoorbellError points_too_few, points_not_accepted, price_changed: the terms are others by now.
    """
    if not number:
        return
    fen = _paid_by_points(priced.lines)
    kept = marketing.hold_points(
        order_id=order.pk,
        customer_id=order.customer_id,
        city=order.city,
        number=number,
        of_fen=priced.total_fen + fen,
    )
    if kept != fen:
        raise DoorbellError("price_changed", details=priced.as_details())


def _paid_by_points(lines: Iterable[Line]) -> int:
    return -sum(line.amount_fen for line in lines if line.rule == POINTS)
