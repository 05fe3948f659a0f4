"""The commands by which a subscriber asks about his topic: `history`, `presence`, `presence_stats`.

Guarantees that they are answered to subscribers alone, where the topic is registered so, and refused as Centrifugo
refuses. A page of history is one look at the log, in order, in either direction; not that it begins right beside the
position asked for: retention may have taken what stood there, and the offsets tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub import protocol, topics
from hub.log import Page
from hub.protocol import Command, Refusal

if TYPE_CHECKING:
    from hub.members import Present
    from hub.session import Session

PAGES_WAITING_MAX = 1000


async def history(session: Session, command: Command) -> bytes:
    """Where the topic stands, and up to `limit` publications."""
    name = _name(session, command, lambda match: match.pattern.history and match.kind is topics.ORDERED)
    body, reader = command.body, session.node.reader
    since, reverse = protocol.object_field(body, "since"), bool(body.get("reverse"))
    offset = None if since is None else protocol.number_field(since, "offset")
    epoch = "" if since is None else protocol.text_field(since, "epoch")
    if reverse and offset == 0:
        protocol.refuse(Refusal.BAD_REQUEST)
    limit, limit_max = protocol.number_field(body, "limit", least=-(2**31)), session.node.settings.recovery_limit
    if len(reader.page) >= PAGES_WAITING_MAX:
        protocol.refuse(Refusal.TOO_MANY_REQUESTS)
    position, events = await reader.page(Page(name, offset, reverse, limit if 0 <= limit <= limit_max else limit_max))
    if epoch not in ("", position["epoch"]):
        protocol.refuse(Refusal.UNRECOVERABLE_POSITION)
    result = {"epoch": position["epoch"], **protocol.position(position["offset"])}
    return protocol.reply(command, result, [protocol.publication(event.envelope, event.offset) for event in events])


async def presence(session: Session, command: Command) -> bytes:
    present = await _present(session, command)
    if len(present) > session.node.settings.members_max:
        protocol.refuse(Refusal.LIMIT_EXCEEDED)
    return protocol.encoded_reply(command, present.listed)


async def presence_stats(session: Session, command: Command) -> bytes:
    return protocol.reply(command, (await _present(session, command)).stats)


async def _present(session: Session, command: Command) -> Present:
    name = _name(session, command, lambda match: match.pattern.presence)
    present = await session.node.members.present(name)
    if present is None:
        protocol.refuse(Refusal.INTERNAL)
    if session.subscription(name) is None:
        protocol.refuse(Refusal.PERMISSION_DENIED)  # Revoked meanwhile.
    return present


def _name(session: Session, command: Command, allowed: Callable[[topics.TopicMatch], bool]) -> str:
    """The topic that is asked about, where it may be."""
    name = protocol.channel_field(command)
    match = topics.find(name)
    if match is None:
        protocol.refuse(Refusal.UNKNOWN_CHANNEL)
    if not allowed(match):
        protocol.refuse(Refusal.NOT_AVAILABLE)
    if session.subscription(name) is None:
        protocol.refuse(Refusal.PERMISSION_DENIED)
    return name
