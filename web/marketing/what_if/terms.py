"""Other prices, and other terms of cancelling."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.marketing.what_if.discounts import Then
from web.marketing.what_if.income import Income, income_of
from web.orders.fees import Cancellation
from web.orders.priced_again import Again, Prices
from web.orders.pricing import Line
from web.orders.replaying import Bought, Month, Window, cancelled_again
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


def try_cancellation(window: Window, terms: Cancellation, scope: Scope) -> TermsWhatIf:
    """What customers cancelled of what was placed in the window, by these terms. Raises Ended."""
    orders = changed = fees = workers = 0
    for one in cancelled_again(window, terms, scope):
        orders += 1
        changed += (one.fee_fen, one.worker_fen) != (one.other_fee_fen, one.other_worker_fen)
        fees += one.other_fee_fen - one.fee_fen
        workers += one.other_worker_fen - one.worker_fen
    return TermsWhatIf(orders, changed, fees, fees - workers, workers)


def try_prices(window: Window, prices: Prices, scope: Scope) -> TermsWhatIf:
    """What was placed in the window, at these prices, with the discounts of then. Raises Ended."""
    bears = Bearing("pricing", scope) if prices.terms else None
    month, again, then, change = Month(window, scope), Again(prices), Then(), Income()
    known = unknown = changed = 0
    for page in month.pages():
        again.read(page)
        then.read(page)
        for one in page:
            if bears is not None and not bears.on(one.order):
                continue
            lines = again.lines(one)
            if lines is None:
                unknown += 1
                continue
            difference = income_of(one, _with_discounts(one, lines, then)) - income_of(one, [*one.lines, *one.taken])
            known, changed, change = known + 1, changed + (difference != Income()), change + difference
    return TermsWhatIf(
        orders=known,
        changed=changed,
        customers_change_fen=change.customers_fen,
        platform_change_fen=change.platform_fen,
        workers_change_fen=change.workers_fen,
        left_out=month.left_out + unknown,
    )


def _with_discounts(one: Bought, lines: Sequence[Line], then: Then) -> Sequence[Line]:
    """What costs as much as before had off it what it had."""
    same = [(line.rule, line.amount_fen) for line in lines] == [(line.rule, line.amount_fen) for line in one.lines]
    return [*one.lines, *one.taken] if same else then.taken(one, lines)
