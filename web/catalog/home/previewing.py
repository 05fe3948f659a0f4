"""A draft as it would be seen: at any moment, by a newcomer or a customer."""

from datetime import datetime

from django.utils import timezone

import hub
from web.accounts.models import AccessTrace, User
from web.catalog import selectors as catalog
from web.catalog.home import selectors
from web.catalog.home.faults import faults_of
from web.catalog.home.page import Viewer, Visit
from web.catalog.home.schemas import FaultCard, HomePreview
from web.catalog.home.shelf import shelf_at
from web.errors import DoorbellError
from web.orders import habits
from web.orders import selectors as orders


def preview(
    *,
    actor: User,
    city: str,
    at: datetime | None = None,
    newcomer: bool = True,
    customer_id: int | None = None,
    own: bool = True,
) -> HomePreview:
    """The draft of a city's page, or of all cities' where it has none of its own, or not own. at: None for now.

    customer_id: as this customer would see it, whose orders the actor may see; then `newcomer` is his own affair.
    Raises DoorbellError not_found for another's city or customer.
    """
    if catalog.city(city) is None:
        raise DoorbellError("not_found")
    revision, parts = selectors.draft_for(actor, city, own=own)
    viewer = Viewer.of(_customer(actor, customer_id)) if customer_id else Viewer(None, newcomer)
    at = at or timezone.now()
    # No times are told: who is free then nobody knows yet.
    page = Visit(shelf_at(city, at), viewer, at).page_of(parts)
    faults = faults_of(parts, city=city, at=at)
    return HomePreview(
        revision=revision,
        parts=page.parts,
        left_out=page.left_out,
        faults=[FaultCard.of(fault) for fault in faults],
    )


def _customer(actor: User, customer_id: int) -> User:
    """Leaves a trace. Raises DoorbellError not_found for one who has no order that the actor may see."""
    order_id = habits.newest_of(customer_id, among=orders.visible_to(actor))
    if order_id is None:
        raise DoorbellError("not_found")
    with hub.atomic():
        # What somebody looked at is his own.
        AccessTrace.objects.create(staff=actor, order_id=order_id)
    return User.objects.get(pk=customer_id)
