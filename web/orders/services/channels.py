"""By which channel an offer reaches its worker, and how long he has to answer: both follow his reach."""

from web.notifications import selectors as notifications
from web.orders.models import Offer
from web.orders.policies import Dispatch
from web.workforce import selectors as workforce

TEMPLATE = "offer"
"""The subscription message of a new offer."""


def channel_for(*, worker_id: int, reach: str) -> str:
    """The socket for who has the app before him; for others a subscription message, and SMS where none may be sent."""
    if reach == workforce.FRONT:
        return Offer.SOCKET
    return Offer.WECHAT if notifications.sends_left(user_id=worker_id, template=TEMPLATE) else Offer.SMS


def time_to_answer(dispatch: Dispatch, channel: str) -> float:
    """Seconds: longer for who must first be fetched to the app."""
    front = dispatch.grab_s if dispatch.mode == "grab" else dispatch.offer_s
    return front if channel == Offer.SOCKET else front * dispatch.away_factor
