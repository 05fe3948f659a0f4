"""What an order does to its customer's points: spent at checkout, earned when it is settled, both back pro rata with
its money. Each inside of the order's own transaction, with the order locked.
"""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.marketing import points_selectors
from web.marketing.models import PointsEntry, PointsLot
from web.marketing.points import part_of
from web.marketing.points_selectors import paid_by_points
from web.marketing.services import points
from web.marketing.services.points import Why


def hold_points(*, order_id: int, customer_id: int, city: str, number: int, of_fen: int) -> int:
    """Pay a part of an order with so many points, at checkout; the fen that they pay. They leave his balance now and
    come back by `return_points`: a payment that follows changes nothing about them.

    of_fen: the total that they are taken off. Raises DoorbellError points_too_few, points_not_accepted with details
    {most}: no whole steps, or more than the terms allow.
    """
    terms = points_selectors.terms_in(city)
    most = terms.points.most_for(of_fen, balance=number)
    if number <= 0 or most != number:
        raise DoorbellError("points_not_accepted", details={"most": most})
    fen = terms.points.worth_fen(number)
    why = Why(PointsEntry.SPENT, _spent_key(order_id), order_id=order_id, rule=terms.version, base_fen=fen)
    points.spend(user_id=customer_id, points=number, why=why)
    return fen


def earn_for_order(*, order_id: int, customer_id: int, city: str, placed_at: datetime, paid_fen: int) -> int:
    """Points for the money that an order has brought (fen, what went back left out), by the rules that were in force
    when it was placed; how many.
    """
    terms = points_selectors.terms_in(city, at=placed_at)
    number = terms.points.earned_for(paid_fen)
    if number <= 0:
        return 0
    why = Why(PointsEntry.EARNED, f"order:{order_id}:earned", order_id=order_id, rule=terms.version, base_fen=paid_fen)
    good_until = terms.points.good_until(timezone.now())
    return number if points.earn(user_id=customer_id, points=number, why=why, good_until=good_until) else 0


def return_points(*, order_id: int, city: str, total_fen: int, left_fen: int, points_fen: int | None = None) -> None:
    """Money of an order goes back, or it ends: of total_fen so much is left (0 where nobody paid, too). What was spent
    on it comes back pro rata, and what was earned with it is taken back. The same again changes nothing.

    points_fen: its price has fallen to total_fen, and points pay so much of it from now on: the others come back, and
    only of those that stay what follows is reckoned.
    """
    with hub.atomic():
        lines = PointsEntry.objects.filter(order_id=order_id, kind__in=(PointsEntry.SPENT, PointsEntry.EARNED))
        for line in lines.order_by("kind"):
            points.hold_account(line.user_id)
            if line.kind == PointsEntry.SPENT:
                _give_back(line, city=city, gone_fen=total_fen - left_fen, of_fen=total_fen, points_fen=points_fen)
            else:
                _take_back(line, left_fen=left_fen)


def _give_back(spent: PointsEntry, *, city: str, gone_fen: int, of_fen: int, points_fen: int | None) -> None:
    base_fen = spent.base_fen or 0
    paid_fen = paid_by_points(spent.order_id or 0)
    paying_fen = paid_fen if points_fen is None else points_fen
    ended = part_of(-spent.points, gone_fen=base_fen - paying_fen, of_fen=base_fen) if paying_fen < base_fen else 0
    whole = ended + part_of(-spent.points - ended, gone_fen=gone_fen, of_fen=of_fen)
    before = points.returned_of(spent)
    number, is_said = max(whole - before, 0), paying_fen == paid_fen
    if not number and is_said:
        return
    days = points_selectors.terms_in(city).points.grace_days
    grace_until = timezone.now() + timedelta(days=days) if days else None
    # Less than a point is a line, too: it says what the others pay, so that the next one counts from there.
    key = f"{spent.key}:{before}" if number else f"{spent.key}:{before}:pays:{paying_fen}"
    why = Why(PointsEntry.GIVEN_BACK, key, order_id=spent.order_id, rule=spent.rule, base_fen=points_fen)
    points.give_back(spent=spent, points=number, why=why, grace_until=grace_until)


def _take_back(earned: PointsEntry, *, left_fen: int) -> None:
    """From what the order brought first, then from what lapses first; what he has no more he owes."""
    base = earned.base_fen or 0
    taken = PointsEntry.objects.filter(order_id=earned.order_id, kind=PointsEntry.TAKEN_BACK)
    sums = taken.aggregate(points=Sum("points"), owed=Sum("owed"))
    before = int(sums["owed"] or 0) - int(sums["points"] or 0)
    number = part_of(earned.points, gone_fen=base - left_fen, of_fen=base) - before
    if number <= 0:
        return
    own = set(PointsLot.objects.filter(entry=earned).values_list("pk", flat=True))
    lots = sorted(points.lots_left(earned.user_id), key=lambda lot: (lot.pk not in own, lot.expires_at, lot.pk))
    parts = points.taken_from(lots, number)
    owed = number + sum(part for _, part in parts)
    why = Why(PointsEntry.TAKEN_BACK, f"{earned.key}:{before}", order_id=earned.order_id, rule=earned.rule)
    points.write(user_id=earned.user_id, parts=parts, why=why, owed=owed)


def _spent_key(order_id: int) -> str:
    return f"order:{order_id}:spent"
