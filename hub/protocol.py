"""The Centrifugo client protocol in JSON: what a frame from a client means, and the bytes of what we answer.

Guarantees that parse() either returns commands or raises CloseSocket, whatever the bytes. Fields we do not know are
ignored, as the protocol asks, and not all that a command carries is checked here: who handles it does. Fields that are
false, zero or empty are left out of what we send, as Centrifugo does.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, NoReturn


class Close(Enum):
    """Disconnect codes. 3000–3499: the client reconnects; 3500–3999: it does not."""

    SHUTDOWN = (3001, "shutdown")
    SERVER_ERROR = (3004, "internal server error")
    EXPIRED = (3005, "connection expired")
    SUBSCRIPTION_EXPIRED = (3006, "subscription expired")
    SLOW = (3008, "slow")
    INSUFFICIENT_STATE = (3010, "insufficient state")
    NO_PONG = (3012, "no pong")
    TOO_MANY_REQUESTS = (3013, "too many requests")
    STATE_INVALIDATED = (3014, "state invalidated")
    INVALID_TOKEN = (3500, "invalid token")
    BAD_REQUEST = (3501, "bad request")
    STALE = (3502, "stale")
    FORCED = (3503, "force disconnect")
    CONNECTION_LIMIT = (3504, "connection limit")
    CHANNEL_LIMIT = (3505, "channel limit")
    PERMISSION_DENIED = (3507, "permission denied")
    NOT_AVAILABLE = (3508, "not available")

    @property
    def code(self) -> int:
        return int(self.value[0])

    @property
    def reason(self) -> str:
        return str(self.value[1])

    cause = reason


class ApplicationClose(NamedTuple):
    """A disconnect of the application's. 4000–4499: the client reconnects; 4500–4999: it does not."""

    code: int
    reason: str

    @property
    def cause(self) -> str:
        """For operators: the reason may be about a person."""
        return "application"


class Unsubscribe(Enum):
    """Codes of an unsubscribe pushed by the server. From 2500 on the client subscribes again by itself."""

    SERVER = (2000, "server unsubscribe")
    INSUFFICIENT = (2500, "insufficient state")
    EXPIRED = (2501, "subscription expired")
    STATE_INVALIDATED = (2502, "state invalidated")


class Refusal(Enum):
    """Errors in the reply to a command: code, message, whether trying again may help."""

    INTERNAL = (100, "internal server error", True)
    UNKNOWN_CHANNEL = (102, "unknown channel", False)
    PERMISSION_DENIED = (103, "permission denied", False)
    METHOD_NOT_FOUND = (104, "method not found", False)
    ALREADY_SUBSCRIBED = (105, "already subscribed", False)
    LIMIT_EXCEEDED = (106, "limit exceeded", False)
    BAD_REQUEST = (107, "bad request", False)
    NOT_AVAILABLE = (108, "not available", False)
    TOKEN_EXPIRED = (109, "token expired", False)
    EXPIRED = (110, "expired", False)
    TOO_MANY_REQUESTS = (111, "too many requests", True)
    UNRECOVERABLE_POSITION = (112, "unrecoverable position", False)


class CloseSocket(Exception):
    """The connection ends with this code."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.reason)
        self.close = close


class CommandRefused(Exception):
    """The command is answered with an error; the connection goes on."""

    def __init__(self, code: int, message: str, temporary: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.temporary = temporary


def refuse(refusal: Refusal) -> NoReturn:
    raise CommandRefused(*refusal.value)


# In the order in which Centrifugo looks for them in a command.
METHODS = tuple(
    "connect ping subscribe unsubscribe publish presence presence_stats history rpc send refresh sub_refresh".split()
)
# Flags of a subscribe command: the client has a getState, and wants error 112 instead of `recovered: false`.
REJECT_UNRECOVERED = 2
PING = b"{}"
ID_MAX = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Command:
    id: int
    method: str
    body: Mapping[str, Any]

    @property
    def is_pong(self) -> bool:
        return not self.method


def parse(text: str) -> list[Command]:
    """The commands of one frame, one per line; CloseSocket(BAD_REQUEST) where it is not the protocol."""
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    if not lines:
        raise CloseSocket(Close.BAD_REQUEST)
    return [_command(line) for line in lines]


def _command(line: str) -> Command:
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError):
        raise CloseSocket(Close.BAD_REQUEST) from None
    if not isinstance(value, dict):
        raise CloseSocket(Close.BAD_REQUEST)
    number = value.get("id", 0)
    if type(number) is not int or not 0 <= number <= ID_MAX:
        raise CloseSocket(Close.BAD_REQUEST)
    if number == 0 and "send" not in value:
        return Command(0, "", {})
    for method in METHODS:
        if value.get(method) is not None:
            body = value[method]
            if not isinstance(body, dict):
                raise CloseSocket(Close.BAD_REQUEST)
            return Command(number, method, body)
    raise CloseSocket(Close.BAD_REQUEST)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json's own functions make one for each call that has options.
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def text_field(body: Mapping[str, Any], name: str) -> str:
    """A field that is text if it is there; "" where it is not."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CloseSocket(Close.BAD_REQUEST)
    return value


def object_field(body: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """A field that is an object if it is there."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise CloseSocket(Close.BAD_REQUEST)
    return value


def number_field(body: Mapping[str, Any], name: str, *, least: int = 0) -> int:
    """A field that is a whole number of 63 bits, `least` at least, if it is there; 0 where it is not."""
    value = body.get(name)
    if value is None:
        return 0
    if type(value) is not int or not least <= value < 2**63:
        raise CloseSocket(Close.BAD_REQUEST)
    return value


def channel_field(command: Command) -> str:
    """The channel that a command is about; CloseSocket where it names none."""
    name = text_field(command.body, "channel")
    if not name:
        raise CloseSocket(Close.BAD_REQUEST)
    return name


def encode(value: object) -> bytes:
    """ASCII JSON on one line: also text with lone surrogates, which a client may send us, can then be sent back."""
    return _ENCODER.encode(value).encode()


def encode_with(fields: Mapping[str, Any], **encoded: bytes) -> bytes:
    """An object of these fields, and of some that are encoded already: those that are not empty."""
    parts = [b'"%b":%b' % (name.encode(), part) for name, part in encoded.items() if part]
    return b"{%b}" % b",".join([encode(fields)[1:-1], *parts])


def with_publications(result: Mapping[str, Any], publications: Sequence[bytes]) -> bytes:
    """An encoded result, which has fields; publications, where it has any, are encoded already."""
    return encode_with(result, publications=b"[%b]" % b",".join(publications) if publications else b"")


def reply(command: Command, result: Mapping[str, Any], publications: Sequence[bytes] = ()) -> bytes:
    """The answer to a command."""
    return encoded_reply(command, with_publications(result, publications))


def lifetime(expires_at: float | None) -> dict[str, Any]:
    """What a result says of when it ends: `expires_at` in Unix seconds, None for never."""
    return {} if expires_at is None else {"expires": True, "ttl": max(1, int(expires_at - time.time()))}


def position(offset: int) -> dict[str, int]:
    return {"offset": offset} if offset else {}


def error_reply(command: Command, error: CommandRefused) -> bytes:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.temporary:
        body["temporary"] = True
    return encode({"id": command.id, "error": body})


def publication(envelope: bytes, offset: int = 0) -> bytes:
    """A publication of what log.envelope() made."""
    return b'{"data":%b,"offset":%d}' % (envelope, offset) if offset else b'{"data":%b}' % envelope


def push_head(topic: str) -> bytes:
    """What comes before a publication in a push to that topic; PUSH_TAIL comes after."""
    return b'{"push":{"channel":%b,"pub":' % encode(topic)


PUSH_TAIL = b"}}"


def unsubscribe_push(topic: str, reason: Unsubscribe) -> bytes:
    body = {"code": reason.value[0], "reason": reason.value[1]}
    return encode({"push": {"channel": topic, "unsubscribe": body}})


def encoded_reply(command: Command, result: bytes) -> bytes:
    """As reply(), with a result that is encoded already: many clients may get the same."""
    return b'{"id":%d,"%b":%b}' % (command.id, command.method.encode(), result)


def member_push(topic: str, what: str, info: bytes) -> bytes:
    """`what`: "join" or "leave"."""
    return b'{"push":{"channel":%b,"%b":{"info":%b}}}' % (encode(topic), what.encode(), info)


def disconnect_push(close: Close | ApplicationClose) -> bytes:
    return encode({"push": {"disconnect": {"code": close.code, "reason": close.reason}}})
