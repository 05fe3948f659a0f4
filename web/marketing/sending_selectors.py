"""Reading what is sent to audiences, and who accepts it."""

from datetime import datetime

from django.db.models import Count, QuerySet

from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing.audiences import CAMPAIGN, Audience, Size, size_of
from web.marketing.models import Sending, SendingPerson
from web.notifications import selectors as notifications
from workflows.transitions import Role


def sendings_visible_to(actor: User) -> QuerySet[Sending]:
    """Staff see their city's, newest first; those to people of all cities only who is in charge of all."""
    sendings = Sending.objects.order_by("-pk")
    if actor.is_everywhere:
        return sendings
    return sendings.filter(city=actor.city).exclude(city="") if actor.role == Role.STAFF else sendings.none()


def preview(*, actor: User, audience: Audience, at: datetime) -> Size:
    """How many people it would go to. Raises DoorbellError forbidden for an audience beyond the actor's city."""
    check_audience(actor, audience)
    return size_of(audience, at=at)


def check_audience(actor: User, audience: Audience) -> None:
    """Staff of one city reach people of that city. Raises DoorbellError forbidden."""
    if not (actor.is_everywhere or actor.is_in_charge_of(audience.city)):
        raise DoorbellError("forbidden")


def outcomes_of(sending: Sending) -> dict[str, int]:
    """Code -> how many people got nothing because of it; "" -> how many got it."""
    rows = SendingPerson.objects.filter(sending=sending).order_by().values_list("code")
    return dict(rows.annotate(number=Count("pk")))


def accepts(user: User) -> bool:
    """Whether he accepts messages of campaigns: he does until he says otherwise."""
    return not notifications.refusing(CAMPAIGN).filter(user=user).exists()
