"""One connection: who it is, what it subscribed to, and its answers to the commands of the protocol.

Guarantees that a socket hears only topics which the registry let its user read when last asked. Commands of one
connection run one after the other, except rpc.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from hub import client_publish, history, members, protocol, rpc, tokens, topics
from hub.errors import ExpiredToken, InvalidToken
from hub.outbox import Chunk, Outbox
from hub.protocol import Close, CloseSocket, Command, CommandRefused, Refusal, Unsubscribe
from hub.subscription import Subscription
from hub.tokens import Identity, TokenClaims

if TYPE_CHECKING:
    from hub.node import Node
    from hub.wire import Wire

logger = logging.getLogger(__name__)

VERSION = "doorbell hub"
RPC_AT_ONCE_MAX = 16
# After a revocation nobody goes on hearing for longer because the registry is slow.
ASK_AGAIN_TIMEOUT_S = 0.5
# A connection whose token ran out may still refresh it for so long.
EXPIRED_GRACE_S = 25.0
AGENT_LENGTH = 32
# WebSocket's own code for a connection that ended without saying why, and those with which clients say that they go.
# Others that a client sends are not believed: they would look like ours.
GONE = 1006
LEFT = (1000, 1001, 1005)


class Session:
    def __init__(self, wire: Wire, node: Node) -> None:
        self.node = node
        self.identity: Identity | None = None
        self.claims: TokenClaims | None = None
        # Its id in the protocol; a socket that comes back has another.
        self.client_id = str(uuid.uuid4())
        # The kind of client, as it names itself: "js 5.2.2".
        self.agent = ""
        self.closed = False
        now = asyncio.get_running_loop().time()
        self.outbox = Outbox(wire, limit=node.settings.queue_bytes, fail=self.close)
        self._subscriptions: dict[str, Subscription] = {}
        self._commands: deque[Command] = deque()
        self._working = False
        # After a refused connect nothing else is answered.
        self._unusable = False
        self._rpcs = 0
        self._opened_at = now
        self._ping_due = now + random.uniform(0.5, 1.0) * node.settings.ping_interval_s  # noqa: S311
        self._expires_at: float | None = None
        node.sessions[self] = None

    # What comes in

    def receive(self, text: str | None) -> None:
        """A frame from the client; None where it was binary."""
        if self.closed:
            return
        try:
            if text is None or len(text) > self.node.settings.frame_bytes_max:
                raise CloseSocket(Close.BAD_REQUEST)
            for command in protocol.parse(text):
                self._enqueue(command)
        except CloseSocket as end:
            self.close(end.close)

    def _enqueue(self, command: Command) -> None:
        if command.is_pong and self.identity is not None:
            # At once, not behind the commands: a slow one must not make the peer look dead.
            if not self.outbox.pong():
                raise CloseSocket(Close.BAD_REQUEST)
            return
        if len(self._commands) >= self.node.settings.commands_max:
            raise CloseSocket(Close.TOO_MANY_REQUESTS)
        self._commands.append(command)
        if not self._working:
            self._working = True
            self.node.spawn(self._work())

    async def _work(self) -> None:
        while self._commands:
            command = self._commands.popleft()
            if command.method == "rpc":
                self.node.spawn(self._answer(command))
            else:
                await self._answer(command)
        self._working = False

    async def _answer(self, command: Command) -> None:
        try:
            answer = await self._handle(command)
        except CommandRefused as refused:
            answer = protocol.error_reply(command, refused)
        except CloseSocket as end:
            self.close(end.close)
            return
        except Exception:
            # The process and this socket live on; the client may try again.
            logger.exception("hub command failed: %s", command.method)
            answer = protocol.error_reply(command, CommandRefused(*Refusal.INTERNAL.value))
        if not self.closed:
            self.send(answer)

    async def _handle(self, command: Command) -> bytes:
        if self._unusable or (self.identity is None) != (command.method == "connect"):
            raise CloseSocket(Close.BAD_REQUEST)
        if command.method == "send":
            raise CloseSocket(Close.NOT_AVAILABLE)
        handle = COMMANDS.get(command.method)
        if handle is None:
            protocol.refuse(Refusal.NOT_AVAILABLE)
        return await handle(self, command)

    # Commands (the table is below; those that need no more than a subscription have modules of their own)

    async def _connect(self, command: Command) -> bytes:
        self._unusable = True
        try:
            await self.node.ready()
        except TimeoutError:
            protocol.refuse(Refusal.INTERNAL)
        claims = self._claims(command)
        told = [protocol.text_field(command.body, field)[:AGENT_LENGTH] for field in ("name", "version")]
        # It is shown on an operator's terminal: no control characters.
        self.agent = "".join(filter(str.isprintable, " ".join(told))).strip()
        if not self.closed:
            self._unusable = False
            self.identity, self.claims = claims.identity, claims
            self.node.came(self, claims.identity.user_id)
        ping = max(1, int(self.node.settings.ping_interval_s))
        result = {"client": self.client_id, "version": VERSION, "ping": ping, "pong": True}
        return protocol.reply(command, result | self._lifetime(claims))

    def _claims(self, command: Command) -> TokenClaims:
        token = protocol.text_field(command.body, "token")
        if not token and self.node.settings.allow_anonymous and command.method == "connect":
            return TokenClaims(Identity(""), None, time.time(), None)
        try:
            claims = tokens.verify(token)
        except ExpiredToken:
            _expired(command)
        except InvalidToken:
            raise CloseSocket(Close.INVALID_TOKEN) from None
        if self.node.revocations.voids(claims):
            # As if it had run out: the client asks the application for a new one, and gets it or not.
            _expired(command)
        return claims

    def _lifetime(self, claims: TokenClaims) -> dict[str, Any]:
        self._expires_at = claims.expires_at
        if claims.expires_at is None:
            return {}
        return {"expires": True, "ttl": max(1, int(claims.expires_at - time.time()))}

    async def _refresh(self, command: Command) -> bytes:
        claims = self._claims(command)
        if self.identity is None or claims.identity.user_id != self.identity.user_id:
            raise CloseSocket(Close.INVALID_TOKEN)
        self.identity, self.claims = claims.identity, claims
        return protocol.reply(command, {"version": VERSION, **self._lifetime(claims)})

    async def _ping(self, command: Command) -> bytes:
        return protocol.reply(command, {})

    async def _subscribe(self, command: Command) -> bytes:
        name = protocol.channel_field(command)
        if name in self._subscriptions:
            protocol.refuse(Refusal.ALREADY_SUBSCRIBED)
        if len(self._subscriptions) >= self.node.settings.subscriptions_max:
            protocol.refuse(Refusal.LIMIT_EXCEEDED)
        match = topics.find(name)
        if match is None:
            protocol.refuse(Refusal.UNKNOWN_CHANNEL)
        # Known before the registry is asked: a revocation that comes meanwhile must find it.
        subscription = self._subscriptions[name] = Subscription(name, self)
        try:
            await self._admit(subscription, match)
            topic = None
            # Again where it was dropped as idle meanwhile: one that no hint reaches must not be joined.
            while topic is None or not self.node.holds(topic):
                topic = await self.node.topic(match.kind, name)
                await subscription.reach(command, topic)
                await self._admit(subscription, match)
            if self.closed:
                protocol.refuse(Refusal.INTERNAL)
            # From here to the reply's write nothing waits: what is emitted next follows the reply.
            answer = subscription.begin(command, topic)
            self.node.members.joined(subscription, match.pattern, hears=bool(command.body.get("join_leave")))
            return answer
        except BaseException:
            self._forget(subscription)
            raise

    async def _admit(self, subscription: Subscription, match: topics.TopicMatch) -> None:
        while subscription.ask_again:
            subscription.ask_again = False
            if not await self.node.workers.registry(match.may_read, self.identity):
                protocol.refuse(Refusal.PERMISSION_DENIED)

    async def _unsubscribe(self, command: Command) -> bytes:
        if (subscription := self.subscription(protocol.channel_field(command))) is not None:
            self._forget(subscription)
        return protocol.reply(command, {})

    async def _sub_refresh(self, command: Command) -> bytes:
        if self.subscription(protocol.channel_field(command)) is None:
            protocol.refuse(Refusal.PERMISSION_DENIED)
        # Subscriptions carry no token of their own here, so there is nothing that could expire.
        return protocol.reply(command, {})

    async def _rpc(self, command: Command) -> bytes:
        method = rpc.find(protocol.text_field(command.body, "method"))
        if method is None or self.identity is None:
            protocol.refuse(Refusal.METHOD_NOT_FOUND)
        if self._rpcs >= RPC_AT_ONCE_MAX or self.node.workers.rpcs >= self.node.settings.rpc_waiting_max:
            protocol.refuse(Refusal.TOO_MANY_REQUESTS)
        self._rpcs += 1
        try:
            result = await self.node.workers.rpc(method, self.identity, command.body.get("data"))
        except rpc.RpcRefused as refused:
            raise CommandRefused(refused.code, refused.message) from None
        finally:
            self._rpcs -= 1
        return protocol.reply(command, {"data": dict(result)})

    @property
    def info(self) -> dict[str, Any]:
        """What the protocol shows of it to others."""
        user, info = (self.identity.user_id, self.identity.info) if self.identity else ("", {})
        return {"user": user, "client": self.client_id} | ({"conn_info": info} if info else {})

    def subscription(self, name: str) -> Subscription | None:
        """Its subscription to that topic, while it has one."""
        return self._subscriptions.get(name)

    # What the process does to it

    async def ask_again(self, name: str) -> None:
        """After a revocation: the registry decides anew whether this subscription may stay."""
        subscription, match = self._subscriptions.get(name), topics.find(name)
        if subscription is None or match is None:
            return
        subscription.ask_again = True
        if subscription.topic is None:
            return  # Still being made, by a command that will see the mark.
        try:
            await asyncio.wait_for(self._admit(subscription, match), ASK_AGAIN_TIMEOUT_S)
        except CommandRefused:
            self.end_subscription(subscription, Unsubscribe.SERVER)
        except Exception as error:
            # Not known is not allowed; the client subscribes again and is asked then.
            logger.warning("hub registry failed: %s", type(error).__name__)
            self.end_subscription(subscription, Unsubscribe.INSUFFICIENT)

    def end_subscription(self, subscription: Subscription, reason: Unsubscribe) -> None:
        if self._forget(subscription) and not self.closed:
            self.send(protocol.unsubscribe_push(subscription.name, reason))

    def _forget(self, subscription: Subscription) -> bool:
        subscription.leave()
        self.node.members.left(subscription)
        self.outbox.forget_latest(subscription.name)
        if self._subscriptions.get(subscription.name) is not subscription:
            return False
        del self._subscriptions[subscription.name]
        return True

    def look_at_the_clock(self, now: float) -> None:
        """Once a second: what is due for this connection."""
        settings = self.node.settings
        pong_s, stuck_s = settings.pong_timeout_s, settings.pong_timeout_s + settings.ping_interval_s
        if self.identity is None:
            if now - self._opened_at > settings.connect_timeout_s:
                self.close(Close.STALE)
        elif (why := self.outbox.overdue(now, pong_s=pong_s, stuck_s=stuck_s)) is not None:
            self.close(why)
        elif self._expires_at is not None and time.time() > self._expires_at + EXPIRED_GRACE_S:
            self.close(Close.EXPIRED)
        elif now >= self._ping_due:
            self._ping_due = now + settings.ping_interval_s
            self.outbox.ping()

    def send(self, frame: bytes) -> None:
        self.outbox.put(Chunk(frame))
        self.outbox.flush()

    def close(self, close: Close) -> None:
        """Says why, and ends the connection."""
        if not self.closed:
            self.detach(close.code, close.reason)
            self.outbox.last_words(close)

    @property
    def user(self) -> str:
        """Whose it is; "" also while nobody knows."""
        return "" if self.identity is None else self.identity.user_id

    def detach(self, code: int = GONE, reason: str = "") -> None:
        """Lets go of everything, after the close with that code; may be called in any state, and again."""
        if self.closed:
            return
        self.closed = True
        self.node.ended(self, code, reason)
        self._commands.clear()
        for subscription in list(self._subscriptions.values()):
            self._forget(subscription)
        self.node.sessions.pop(self, None)
        if self.identity is not None:
            self.node.left(self, self.identity.user_id)


def _expired(command: Command) -> NoReturn:
    """Error 109 has the SDKs fetch a token and connect anew; as an answer to `refresh` it ends them for good."""
    if command.method == "connect":
        protocol.refuse(Refusal.TOKEN_EXPIRED)
    raise CloseSocket(Close.EXPIRED)


COMMANDS: Mapping[str, Callable[[Session, Command], Awaitable[bytes]]] = {
    "connect": Session._connect,
    "refresh": Session._refresh,
    "ping": Session._ping,
    "subscribe": Session._subscribe,
    "unsubscribe": Session._unsubscribe,
    "sub_refresh": Session._sub_refresh,
    "publish": client_publish.answer,
    "history": history.answer,
    "rpc": Session._rpc,
    "presence": members.presence,
    "presence_stats": members.presence_stats,
}
"""Each answers the reply, or raises CommandRefused or CloseSocket."""
