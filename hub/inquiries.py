"""What a process answers to an operator who asks all of them (processes.py): its topics, the connections of a user.

Guarantees that an answer is of one moment of the loop; not that it arrives: with Redis away nobody hears it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from heapq import nlargest
from typing import TYPE_CHECKING, Any

from hub import hints, top
from hub.processes import TOPICS_MAX
from hub.sequencer import OrderedTopic
from hub.topics import LATEST, ORDERED

if TYPE_CHECKING:
    from hub.fanout import Topic
    from hub.node import Node
    from hub.session import Session

ANSWERS_KEPT_S = 10


async def answer(node: Node, question: Mapping[str, Any]) -> None:
    """Puts what this process has to say where the asker waits for it; nothing to what a later release may ask."""
    if (say := _ANSWERS.get(question["what"])) is not None:
        said = json.dumps([node.name, top.process_name(), say(node, question)])
        await node.workers.redis(_put, question["answer_to"], said)


def _put(key: str, said: str) -> None:
    pipeline = hints.client().pipeline(transaction=True)
    pipeline.rpush(key, said)
    pipeline.expire(key, ANSWERS_KEPT_S)
    pipeline.execute()


def _topics(node: Node, question: Mapping[str, Any]) -> list[Any]:
    wanted = [topic for topic in node.topics if question["containing"] in topic.name]
    return [_topic(topic) for topic in nlargest(TOPICS_MAX, wanted, key=lambda topic: len(topic.subscribers))]


def _topic(topic: Topic) -> tuple[str, str, int, int | None]:
    if isinstance(topic, OrderedTopic):
        return topic.name, ORDERED.value, len(topic.subscribers), topic.last
    return topic.name, LATEST.value, len(topic.subscribers), None


def _connections(node: Node, question: Mapping[str, Any]) -> list[Any]:
    return [_connection(session) for session in node.sessions_of(question["user"])]


def _connection(session: Session) -> dict[str, Any]:
    return {
        "client": session.client_id,
        "agent": session.agent,
        "login": session.claims.login if session.claims else "",
        "open_s": round(session.open_s),
        "waiting_bytes": session.outbox.waiting_bytes,
        "topics": sorted(session.topics),
    }


_ANSWERS: Mapping[str, Callable[[Node, Mapping[str, Any]], list[Any]]] = {
    "topics": _topics,
    "connections": _connections,
}
