"""Methods that a client may call over its socket. Applications register them, the hub only looks them up."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.tokens import Identity

RpcMethod = Callable[[Identity, Any], Mapping[str, Any]]


class RpcRefused(Exception):
    """Raised by a method to refuse: `code` ≥ 400 and the message reach the client as the protocol's error."""

    def __init__(self, code: int, message: str) -> None:
        if code < 400:
            raise ValueError(f"Codes below 400 are the protocol's own, got {code}")
        super().__init__(message)
        self.code = code
        self.message = message


_methods: dict[str, RpcMethod] = {}


def register(name: str, method: RpcMethod) -> None:
    """`method(identity, data)` is synchronous, runs in a thread, and returns a JSON object.

    `data` is whatever JSON the client sent: the method checks it.
    """
    _methods[name] = method


def find(name: str) -> RpcMethod | None:
    return _methods.get(name)
