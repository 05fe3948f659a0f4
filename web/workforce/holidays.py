"""Writing the table of holidays: what the state's calendar changes of a week (放假, 调休上班)."""

from datetime import date

from django.db.models import QuerySet

import hub
from web.accounts.models import User
from web.errors import DoorbellError
from web.workforce.models import Holiday


def visible_to(actor: User) -> QuerySet[Holiday]:
    """All staff see it."""
    return Holiday.objects.all() if actor.is_staff else Holiday.objects.none()


def put_holiday(*, day: date, name: str, kind: str, as_weekday: int | None = None) -> Holiday:
    """What that date is. as_weekday: whose hours a 调休 workday has, 0 for Monday; None for the weekday that it is.

    Raises DoorbellError holiday_off_with_hours for a 放假 with hours.
    """
    if as_weekday is not None and kind != Holiday.WORK:
        raise DoorbellError("holiday_off_with_hours")
    said = {"name": name, "kind": kind, "as_weekday": as_weekday}
    with hub.atomic():
        row, _ = Holiday.objects.update_or_create(date=day, defaults=said)
    return row


def remove_holiday(*, day: date) -> None:
    """An ordinary date again."""
    with hub.atomic():
        Holiday.objects.filter(date=day).delete()
