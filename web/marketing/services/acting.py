"""Who may act for a city."""

from web.accounts.models import User
from web.errors import DoorbellError


def check_in_charge(actor: User, city: str) -> None:
    """Raises DoorbellError forbidden for who is not staff of that city; what is for all cities (""), only staff of all
    of them change.
    """
    if not (actor.is_everywhere or (city and actor.is_in_charge_of(city))):
        raise DoorbellError("forbidden")
