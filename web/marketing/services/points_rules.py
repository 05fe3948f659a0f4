"""Writing the rules of points, and correcting somebody's by hand."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from pydantic import ValidationError

import hub
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import points_selectors
from web.marketing.models import PointsEntry, PointsRule
from web.marketing.points import Points
from web.marketing.services import points
from web.marketing.services.acting import check_in_charge
from web.marketing.services.points import Why
from workflows.transitions import Role


def put_points_rule(*, actor: User | None, data: Mapping[str, Any], city: str = "", reason: str = "") -> PointsRule:
    """The terms of a city's points from now on, a new row unless these are in force already. actor: staff of that city,
    of every city for all ("" as city), or None for the platform's own start.

    Raises DoorbellError forbidden, invalid_request for terms that cannot be.
    """
    if actor is not None:
        check_in_charge(actor, city)
    try:
        Points.model_validate(dict(data))
    except ValidationError as error:
        fields = [{"field": ".".join(map(str, one["loc"])), "problem": one["type"]} for one in error.errors()]
        raise DoorbellError("invalid_request", details={"fields": fields}) from None
    with hub.atomic():
        newest = PointsRule.objects.filter(city=city).order_by("-pk").first()
        if newest is None or newest.data != dict(data):
            return PointsRule.objects.create(city=city, data=dict(data), by=actor, reason=reason)
    return newest


def correct_points(*, actor: User, user: User, number: int, reason: str, key: str) -> bool:
    """Staff of every city give a customer points, or take some (number < 0) that he has. Whether the key is new.

    Raises DoorbellError forbidden, points_too_few, invalid_request.
    """
    if not actor.is_everywhere:
        raise DoorbellError("forbidden")
    if user.role != Role.CUSTOMER or number == 0 or not reason:
        raise DoorbellError("invalid_request")
    why = Why(PointsEntry.CORRECTED, f"corrected:{user.pk}:{key}", by=actor, note=reason)
    if number < 0:
        return points.spend(user_id=user.pk, points=-number, why=why)
    good_until = points_selectors.terms_in("").points.good_until(timezone.now())
    return points.earn(user_id=user.pk, points=number, why=why, good_until=good_until)
