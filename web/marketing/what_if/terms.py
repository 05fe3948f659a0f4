"""Other prices, and other terms of cancelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from web.accounts.models import User
from web.marketing.what_if.discounts import Then
from web.marketing.what_if.income import income_of, sum_of
from web.orders.fees import Cancellation
from web.orders.priced_again import Again, Prices
from web.orders.pricing import Line
from web.orders.replaying import Bought, bought, cancelled_again
from web.orders.terms_in_force import Bearing, Scope


@dataclass(frozen=True)
class TermsWhatIf:
    """orders: so many it would have held for; changed: so many of them would have cost something else. left_out: so
    many of which nobody can say. The changes are against what happened: of what customers pay, of what the platform
    keeps, of what workers earn.
    """

    orders: int
    changed: int
    customers_change_fen: int
    platform_change_fen: int
    workers_change_fen: int
    left_out: int = 0


def try_cancellation(
    *, actor: User, terms: Cancellation, since: datetime, until: datetime, scope: Scope
) -> TermsWhatIf:
    """What customers cancelled in [since, until), by these terms."""
    found = cancelled_again(actor, terms, since=since, until=until, scope=scope)
    fees = sum(one.other_fee_fen - one.fee_fen for one in found)
    workers = sum(one.other_worker_fen - one.worker_fen for one in found)
    return TermsWhatIf(
        orders=len(found),
        changed=sum((one.fee_fen, one.worker_fen) != (one.other_fee_fen, one.other_worker_fen) for one in found),
        customers_change_fen=fees,
        platform_change_fen=fees - workers,
        workers_change_fen=workers,
    )


def try_prices(*, actor: User, prices: Prices, since: datetime, until: datetime, scope: Scope) -> TermsWhatIf:
    """What was placed in [since, until), at these prices, with the discounts of then."""
    month = bought(actor, since=since, until=until, scope=scope)
    bears = Bearing("pricing", scope) if prices.terms else None
    orders = [one for one in month.orders if bears is None or bears.on(one.order)]
    again, then = Again(orders, prices), Then(orders)
    would_be = {one.order_id: again.lines(one) for one in orders}
    known = [one for one in orders if would_be[one.order_id] is not None]
    before = [income_of(one, [*one.lines, *one.taken]) for one in known]
    after = [income_of(one, _with_discounts(one, would_be[one.order_id] or (), then)) for one in known]
    change = sum_of(after) - sum_of(before)
    return TermsWhatIf(
        orders=len(known),
        changed=sum(was != is_now for was, is_now in zip(before, after, strict=True)),
        customers_change_fen=change.customers_fen,
        platform_change_fen=change.platform_fen,
        workers_change_fen=change.workers_fen,
        left_out=month.left_out + len(orders) - len(known),
    )


def _with_discounts(one: Bought, lines: Sequence[Line], then: Then) -> Sequence[Line]:
    """What costs as much as before had off it what it had."""
    same = [(line.rule, line.amount_fen) for line in lines] == [(line.rule, line.amount_fen) for line in one.lines]
    return [*one.lines, *one.taken] if same else then.taken(one, lines)
