"""A real-time hub for Django: ordered events that are committed with your data, and pushed without loss.

The names below are what an application uses. They are resolved when first asked for, because Django imports
this package before its models may be loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub import presence, revoke, rpc, tokens, topics
    from hub.log import heads
    from hub.publishing import atomic, publish, publish_latest
    from hub.tokens import Identity
    from hub.topics import LATEST, ORDERED

__all__ = [
    "LATEST",
    "ORDERED",
    "Identity",
    "atomic",
    "heads",
    "presence",
    "publish",
    "publish_latest",
    "revoke",
    "rpc",
    "tokens",
    "topics",
]

_HOME = {
    "LATEST": "hub.topics",
    "ORDERED": "hub.topics",
    "Identity": "hub.tokens",
    "atomic": "hub.publishing",
    "heads": "hub.log",
    "publish": "hub.publishing",
    "publish_latest": "hub.publishing",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hub' has no attribute {name!r}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    return import_module(f"hub.{name}")
