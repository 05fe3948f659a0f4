"""The `publish` command: what a client may publish goes the way of every event, but without an envelope.

Guarantees that who is answered has published: to an ordered topic durably, in the order of his commands. Subscribers
get the data as he sent it, any JSON, and `info` says who he is, as in Centrifugo. Not that who got no answer has not.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from hub import protocol, topics
from hub.errors import BadEvent, TooLarge
from hub.protocol import Close, CloseSocket, Command, Refusal
from hub.publishing import atomic, publish_bare
from hub.tokens import Identity

if TYPE_CHECKING:
    from hub.session import Session


async def answer(session: Session, command: Command) -> bytes:
    """An empty result, once it is published."""
    name, workers = protocol.channel_field(command), session.node.workers
    if "data" not in command.body:
        raise CloseSocket(Close.BAD_REQUEST)
    match = topics.find(name)
    if match is None or session.identity is None:
        protocol.refuse(Refusal.UNKNOWN_CHANNEL)
    if workers.rpcs >= session.node.settings.rpc_waiting_max:
        protocol.refuse(Refusal.TOO_MANY_REQUESTS)
    # No turn to wait for: commands of a connection run one after the other.
    await workers.rpc(asyncio.Lock(), _publish, name, match, session.identity, session.info(name), command.body["data"])
    return protocol.reply(command, {})


def _publish(name: str, match: topics.TopicMatch, identity: Identity, info: dict[str, Any], data: Any) -> None:
    if not match.may_publish(identity):
        protocol.refuse(Refusal.PERMISSION_DENIED)
    try:
        with atomic() if match.kind is topics.ORDERED else nullcontext():
            # In a latest-value topic everybody's newest counts.
            publish_bare(name, data=data, key=info["user"] or info["client"], info=info)
    except TooLarge:
        protocol.refuse(Refusal.LIMIT_EXCEEDED)
    except BadEvent:
        protocol.refuse(Refusal.BAD_REQUEST)
