"""The `history` command: what the log still has of a topic, a page at a time, in either direction.

Guarantees that a page is one look at the log, and that its events are in order. Does not guarantee that it begins right
beside the position asked for: retention may have taken what stood there, and the offsets tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import protocol, topics
from hub.log import Page
from hub.protocol import Command, Refusal

if TYPE_CHECKING:
    from hub.session import Session

WAITING_MAX = 1000


async def answer(session: Session, command: Command) -> bytes:
    """Where the topic stands, and up to `limit` publications; refused as Centrifugo refuses."""
    name, body, node = protocol.channel_field(command), command.body, session.node
    match = topics.find(name)
    if match is None:
        protocol.refuse(Refusal.UNKNOWN_CHANNEL)
    if not match.pattern.history or match.kind is not topics.ORDERED:
        protocol.refuse(Refusal.NOT_AVAILABLE)
    if session.subscription(name) is None:
        protocol.refuse(Refusal.PERMISSION_DENIED)
    since, reverse = protocol.object_field(body, "since"), bool(body.get("reverse"))
    offset = None if since is None else protocol.number_field(since, "offset")
    epoch = "" if since is None else protocol.text_field(since, "epoch")
    if reverse and offset == 0:
        protocol.refuse(Refusal.BAD_REQUEST)
    limit, limit_max = protocol.number_field(body, "limit", least=-(2**31)), node.settings.recovery_limit
    if len(node.reader.page) >= WAITING_MAX:
        protocol.refuse(Refusal.TOO_MANY_REQUESTS)
    page = Page(name, offset, reverse, limit if 0 <= limit <= limit_max else limit_max)
    position, events = await node.reader.page(page)
    if epoch not in ("", position["epoch"]):
        protocol.refuse(Refusal.UNRECOVERABLE_POSITION)
    result = {"epoch": position["epoch"], **protocol.position(position["offset"])}
    return protocol.reply(command, result, [protocol.publication(event.envelope, event.offset) for event in events])
