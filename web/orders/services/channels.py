"""By which channel an offer reaches its worker, and how long he has to answer: both follow his reach."""

from collections.abc import Mapping

from web.notifications import selectors as notifications
from web.orders.models import Offer
from web.orders.policies import Dispatch
from web.workforce import selectors as workforce

TEMPLATE, KIND = "offer", "offer_made"
"""The subscription message of a new offer, and its kind in the message centre."""


def channels_for(reaches: Mapping[int, str]) -> dict[int, str]:
    """By worker, of his reach: the socket for who has the app before him; for others a subscription message, and SMS
    where none may be sent.
    """
    away = [worker_id for worker_id, reach in reaches.items() if reach != workforce.FRONT]
    writable = notifications.with_sends_left(away, template=TEMPLATE) if away else set[int]()
    by_message = {worker_id: Offer.WECHAT if worker_id in writable else Offer.SMS for worker_id in away}
    return {worker_id: by_message.get(worker_id, Offer.SOCKET) for worker_id in reaches}


def was_swallowed(offer: Offer) -> bool:
    """Whether he who was to be fetched to the app was told nothing: a provider was away, or our own rounds stood still.
    Who cannot be written to at all is not meant: that he does not look is his own affair.
    """
    if offer.channel == Offer.SOCKET:
        return False
    return notifications.is_stuck(user_id=offer.worker_id, order_id=offer.order_id, kind=KIND, since=offer.offered_at)


def time_to_answer(dispatch: Dispatch, channel: str) -> float:
    """Seconds: longer for who must first be fetched to the app."""
    front = dispatch.grab_s if dispatch.mode == "grab" else dispatch.offer_s
    return front if channel == Offer.SOCKET else front * dispatch.away_factor
