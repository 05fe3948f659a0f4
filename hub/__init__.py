"""A real-time hub for Django: ordered events that are committed with your data, and pushed without loss.

The names below are what an application uses. None of them needs loaded models: Django imports this package first.
README.md says what the whole guarantees and what not, and each module's first lines what it does itself.
"""

from hub import history, presence, processes, retention, revoke, rpc, tokens, topics
from hub.log import heads, new_epoch
from hub.publishing import atomic, publish, publish_bare, publish_latest
from hub.tokens import Identity
from hub.topics import LATEST, ORDERED

__all__ = [
    "LATEST",
    "ORDERED",
    "Identity",
    "atomic",
    "heads",
    "history",
    "new_epoch",
    "presence",
    "processes",
    "publish",
    "publish_bare",
    "publish_latest",
    "retention",
    "revoke",
    "rpc",
    "tokens",
    "topics",
]
