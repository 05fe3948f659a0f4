"""A campaign that there was not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from web.errors import DoorbellError
from web.marketing.selectors import campaigns_visible_to
from web.marketing.what_if.discounts import Then
from web.marketing.what_if.income import Income, income_of
from web.orders.discounts import Discount, Reduction
from web.orders.pricing import Line
from web.orders.replaying import Bought, Month, Window
from web.orders.terms_in_force import Scope

DRAFT = "campaign:0"
"""The rule of the line of what is tried."""


@dataclass(frozen=True)
class Draft:
    """What is tried. city: where it would hold, "" everywhere. budget_fen, per_person: as of a campaign. instead_of:
    the campaign whose place it would have, in force or not.
    """

    terms: Discount
    city: str = ""
    budget_fen: int | None = None
    per_person: int = 0
    instead_of: int | None = None


@dataclass(frozen=True)
class Got:
    """An order that would have had it, and so much."""

    order_id: int
    customer_id: int
    off_fen: int
    is_first: bool


@dataclass(frozen=True)
class CampaignWhatIf:
    """orders: so many were priced again, of which so many are imported, at their total; left_out: and so many were not
    (`web.orders.replaying.Month`).

    got: who would have had it. cost_fen: what of it the platform bears, workers_cost_fen: and workers. The changes are
    against what happened: of what customers pay, of what the platform keeps, of what workers earn.
    """

    orders: int
    imported: int
    left_out: int
    got: Sequence[Got]
    cost_fen: int
    workers_cost_fen: int
    customers_change_fen: int
    platform_change_fen: int
    workers_change_fen: int

    @property
    def customers(self) -> int:
        """How many people would have had it."""
        return len({one.customer_id for one in self.got})

    @property
    def new_customers(self) -> int:
        """How many of them with their first order."""
        return len({one.customer_id for one in self.got if one.is_first})

    def counted(self) -> dict[str, Any]:
        """As numbers, without who it was."""
        return asdict(self) | {"got": len(self.got), "customers": self.customers, "new_customers": self.new_customers}


def try_campaign(window: Window, draft: Draft) -> CampaignWhatIf:
    """Replay what was placed in the window with it. Raises DoorbellError not_found for a campaign to be replaced that
    the actor does not see; Ended.
    """
    if draft.instead_of is not None and not campaigns_visible_to(window.actor).filter(pk=draft.instead_of).exists():
        raise DoorbellError("not_found")
    # What of an imported total was chosen of the service, and what came on top, nobody knows.
    with_imported = draft.terms.covers == "all"
    month, then = Month(window, Scope(draft.city), with_imported=with_imported), Then(without=draft.instead_of)
    replay, change = _Replay(draft, then), Income()
    for page in month.pages():
        then.read(page)
        for one in page:
            change += income_of(one, replay.lines(one)) - income_of(one, [*one.lines, *one.taken])
    return CampaignWhatIf(
        orders=month.read,
        imported=month.imported,
        left_out=month.left_out,
        got=replay.got,
        cost_fen=replay.cost_fen,
        workers_cost_fen=replay.workers_cost_fen,
        customers_change_fen=change.customers_fen,
        platform_change_fen=change.platform_fen,
        workers_change_fen=change.workers_fen,
    )


class _Replay:
    """Prices one order after the other, and remembers what budget and limits have left."""

    def __init__(self, draft: Draft, then: Then) -> None:
        self._draft, self._then, self._left_fen = draft, then, draft.budget_fen
        self._times, self._newcomers = Counter[int](), set[int]()
        self.got: list[Got] = []
        self.cost_fen = self.workers_cost_fen = 0

    def lines(self, one: Bought) -> list[Line]:
        """Its lines, as they would have been."""
        is_new = one.is_first and one.customer_id not in self._newcomers
        lines = self._then.taken(one, one.lines, tried=self._tried(one), is_new=is_new)
        for line in lines:
            if line.rule == DRAFT:
                self._had(one, line)
        return lines

    def _tried(self, one: Bought) -> list[Reduction]:
        draft = self._draft
        if draft.per_person and self._times[one.customer_id] >= draft.per_person:
            return []
        return [Reduction(0, DRAFT, 0, "", draft.terms, draft.city, self._left_fen)]

    def _had(self, one: Bought, line: Line) -> None:
        off = -line.amount_fen
        self.got.append(Got(one.order_id, one.customer_id, off, one.is_first))
        self._times[one.customer_id] += 1
        if self._draft.terms.new_customers:
            self._newcomers.add(one.customer_id)
        if self._left_fen is not None:
            self._left_fen -= off
        self.cost_fen += off - line.worker_fen
        self.workers_cost_fen += line.worker_fen
