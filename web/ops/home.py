"""The back office's first page: the day's figures by city, and what needs a person."""

from typing import Any

from django.urls import reverse

from web.accounts.models import User
from web.board import selectors as board
from web.catalog import selectors as catalog
from web.ledger import selectors as ledger
from web.money import yuan
from web.orders import selectors as orders


def context(actor: User) -> dict[str, Any]:
    """cities: (name, the board's address, figures) of each of his; waiting: his open alarms by kind."""
    if not actor.has_perm("orders.view_order"):
        return {"cities": [], "waiting": [], "total": None}
    cities = [city for city in catalog.cities() if actor.is_in_charge_of(city.code)]
    figures = [
        (city.name, reverse("board:city", kwargs={"city": city.code}), board.counters_of_day(actor, city.code))
        for city in cities
    ]
    return {
        "cities": figures,
        "waiting": orders.waiting_for_people(actor),
        "taken": yuan(ledger.taken_today()) if actor.is_everywhere else "",
        "orders": reverse("admin:orders_order_changelist"),
    }
