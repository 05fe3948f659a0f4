"""Writing the terms that future orders are bought under. Orders already placed keep their snapshot."""

from typing import TYPE_CHECKING, Any

import hub
from web.orders.models import Policy
from web.orders.policies import Policies
from web.orders.terms_in_force import newest_of

if TYPE_CHECKING:
    from web.catalog.models import Service


def put_policy(*, kind: str, data: dict[str, Any], city: str = "", service: "Service | None" = None) -> Policy:
    """The terms of a kind in a scope from now on, a new row unless these are already in force there.

    kind: a field of `Policies`; data: overrides of its defaults, durations in seconds. city "" or service None: any.
    Raises pydantic.ValidationError for terms that no order could be bought under.
    """
    Policies.model_validate({kind: data})
    with hub.atomic():
        newest = newest_of(kind=kind, city=city, service_id=service.pk if service else None)
        if newest is None or newest.data != data:
            return Policy.objects.create(kind=kind, city=city, service=service, data=data)
    return newest
