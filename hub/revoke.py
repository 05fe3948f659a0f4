"""Taking access away. Both calls take effect when the surrounding `hub.atomic()` commits, or at once outside one.

A revocation is an event of a topic of the hub's own, which every process follows like any other. Guarantees that it is
never lost; not that it is heard of at once: a lost Redis message delays it by a second.
"""

from hub.log import REVOCATIONS
from hub.publishing import publish_internal


def unsubscribe(user_id: int | str, topic: str) -> None:
    """Has every process ask the registry again whether that user may read the topic, and unsubscribe him if not.

    Subscription tokens issued to him for that topic until now are void: they let him neither stay nor come back.
    """
    publish_internal(REVOCATIONS, kind="unsubscribe", subject=str(user_id), data={"topic": topic})


def disconnect(user_id: int | str, *, login: str = "") -> None:
    """Closes every connection of that user, or of one of his logins, and refuses the tokens issued to it until now.

    The client does not come back by itself: end a login only when its person has to sign in again.
    """
    publish_internal(REVOCATIONS, kind="disconnect", subject=str(user_id), data={"login": login})
