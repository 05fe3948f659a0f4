"""The order's topics and who may read them. Asked at subscribe, at recovery and after a revocation."""

import hub
from web.accounts.models import User
from web.orders import selectors
from workflows.transitions import Phase


def register() -> None:
    """Called when the app is ready. The log is for who comes back soon; the timeline is a table of its own."""
    hub.topics.register(pattern="order:{id:int}", kind=hub.ORDERED, may_read=may_read_order, keep_s=30 * 86_400)
    hub.topics.register(pattern="conversation:{id:int}", kind=hub.ORDERED, may_read=may_read_order, keep_s=30 * 86_400)
    hub.topics.register(pattern="board:{city}", kind=hub.ORDERED, may_read=may_read_board, keep_s=2 * 86_400)
    hub.topics.register(pattern="position:{order:int}", kind=hub.LATEST, may_read=may_read_position)


def may_read_order(identity: hub.Identity, *, id: int) -> bool:
    """The customer, the assigned worker, staff of the city."""
    user = _user(identity)
    return user is not None and selectors.visible_to(user).filter(pk=id).exists()


def may_read_board(identity: hub.Identity, *, city: str) -> bool:
    """Staff of the city."""
    user = _user(identity)
    return user is not None and user.is_in_charge_of(city)


def may_read_position(identity: hub.Identity, *, order: int) -> bool:
    """The customer, while the worker is on his way to him; staff."""
    user = _user(identity)
    return (
        user is not None and selectors.visible_to(user).filter(pk=order, phase=Phase.EN_ROUTE, ended_at=None).exists()
    )


def _user(identity: hub.Identity) -> User | None:
    if not identity.user_id.isdecimal():
        return None
    return User.objects.filter(pk=int(identity.user_id), is_active=True).first()
