"""Cities and categories."""

from __future__ import annotations

import hub
from web.catalog import selectors
from web.catalog.models import Category, City
from web.catalog.services.stamping import stamp
from web.errors import DoorbellError
from web.photos.pictures import take_up


def put_city(*, code: str, name: str, lng: float, lat: float) -> City:
    """A city that is served; lng and lat are its centre, GCJ-02."""
    with hub.atomic():
        city, _ = City.objects.update_or_create(code=code, defaults={"name": name, "lng": lng, "lat": lat})
    return city


def put_category(
    *, slug: str, name: str, icon: str = "", position: int = 0, parent: Category | None = None
) -> Category:
    """A trade, or with a parent a part of one. icon: a path below /static/, or an uploaded picture.

    Raises DoorbellError category_below_itself, photo_unknown.
    """
    said = {"name": name, "icon": icon, "position": position, "parent": parent}
    with hub.atomic():
        category = Category.objects.filter(slug=slug).first()
        if category and all(getattr(category, field) == value for field, value in said.items()):
            return category
        if category and parent and category.slug in selectors.slugs_up_from(parent):
            raise DoorbellError("category_below_itself")
        take_up([icon])
        category, _ = Category.objects.update_or_create(slug=slug, defaults=said)
        stamp()
    return category
