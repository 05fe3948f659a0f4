"""Methods that a client may call over its socket, and what an application says to one that connects.

Applications register them, the hub only looks them up. Guarantees nothing but that they run in a thread.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hub.tokens import Identity

RpcMethod = Callable[[Identity, Any], Mapping[str, Any]]
ConnectHook = Callable[[Identity, Any], Any]


# Codes from here on are disconnects.
DISCONNECTS = 4000


class RpcRefused(Exception):
    """Raised to refuse: with a `code` of 400–1999 the client gets it and the message as the protocol's error, with one
    of 4000–4999 he is disconnected with them (and comes back by himself below 4500)."""

    def __init__(self, code: int, message: str) -> None:
        if not (400 <= code < 2000 or DISCONNECTS <= code < 5000):
            raise ValueError(f"Other codes are the protocol's own, got {code}")
        super().__init__(message)
        self.code = code
        self.message = message


_methods: dict[str, RpcMethod] = {}
_hooks: list[ConnectHook] = []


def register(name: str, method: RpcMethod) -> None:
    """`method(identity, data)` is synchronous, runs in a thread, and returns a JSON object.

    `data` is whatever JSON the client sent: the method checks it.
    """
    _methods[name] = method


def find(name: str) -> RpcMethod | None:
    return _methods.get(name)


def register_connect(hook: ConnectHook) -> None:
    """`hook(identity, data)` is asked at each connect, likewise; what it returns, if anything, is the reply's `data`.

    Its own `data` is what the client sent with its connect, None if nothing. Registering another replaces it.
    """
    _hooks[:] = [hook]


def connect_hook() -> ConnectHook | None:
    return _hooks[0] if _hooks else None
