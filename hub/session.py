"""One connection: who it is, what it subscribed to, and its answers to the commands of the protocol.

Guarantees that a socket hears only topics which the registry let its user read when last asked, and that every
subscription starts from a known offset. Commands of one connection run one after the other, except rpc.
"""

import asyncio
import logging
import random
import time
import uuid
from collections import deque
from typing import Any

from hub import protocol, rpc, tokens, topics
from hub.errors import ExpiredToken, InvalidToken
from hub.node import Node
from hub.outbox import Chunk, Outbox, Wire
from hub.protocol import Close, CloseSocket, Command, CommandRefused, Refusal, Unsubscribe
from hub.subscription import Subscription
from hub.tokens import Identity, TokenClaims

logger = logging.getLogger(__name__)

VERSION = "doorbell hub"
RPC_AT_ONCE_MAX = 16
# A connection whose token ran out may still refresh it for so long.
EXPIRED_GRACE_S = 25.0


class Session:
    def __init__(self, wire: Wire, node: Node) -> None:
        self.node = node
        self.identity: Identity | None = None
        self.closed = False
        loop = asyncio.get_running_loop()
        self.outbox = Outbox(
            wire,
            window=node.settings.window_bytes,
            limit=node.settings.queue_bytes,
            now=loop.time,
            overflowed=lambda: self.close(Close.SLOW),
        )
        self._subscriptions: dict[str, Subscription] = {}
        self._commands: deque[Command] = deque()
        self._working = False
        self._unusable = False
        self._rpcs = 0
        self._opened_at = loop.time()
        self._ping_due = loop.time() + random.uniform(0.5, 1.0) * node.settings.ping_interval_s  # noqa: S311
        self._expires_at: float | None = None
        node.opened(self)

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
        if not command.method and self.identity is not None:
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
        try:
            while self._commands and not self.closed:
                command = self._commands.popleft()
                if command.method == "rpc" and self.identity is not None:
                    self.node.spawn(self._answer(command))
                else:
                    await self._answer(command)
        finally:
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
        if answer is not None and not self.closed:
            self.send(answer)
            self._start_live(command)

    async def _handle(self, command: Command) -> bytes | None:
        if self._unusable or (self.identity is None) != (command.method == "connect"):
            raise CloseSocket(Close.BAD_REQUEST)
        match command.method:
            case "connect":
                return await self._connect(command)
            case "ping":
                return protocol.reply(command, {})
            case "subscribe":
                return await self._subscribe(command)
            case "unsubscribe":
                return self._unsubscribe(command)
            case "rpc":
                return await self._rpc(command)
            case "refresh":
                return self._refresh(command)
            case "sub_refresh":
                return self._sub_refresh(command)
            case "send":
                raise CloseSocket(Close.NOT_AVAILABLE)
        protocol.refuse(Refusal.NOT_AVAILABLE)

    # Commands

    async def _connect(self, command: Command) -> bytes:
        claims = self._claims(command)
        try:
            await self.node.ready()
        except TimeoutError:
            self._unusable = True
            protocol.refuse(Refusal.INTERNAL)
        if self.closed:
            raise CloseSocket(Close.STALE)
        if self.node.revocations.voids(claims):
            # As if it had run out: the client asks the application for a new one, and gets it or not.
            self._unusable = True
            protocol.refuse(Refusal.TOKEN_EXPIRED)
        self.identity = claims.identity
        self.node.connected(self, claims.identity.user_id)
        settings = self.node.settings
        result = {"client": str(uuid.uuid4()), "version": VERSION, **self._lifetime(claims)}
        return protocol.reply(command, result | {"ping": int(settings.ping_interval_s) or 1, "pong": True})

    def _claims(self, command: Command) -> TokenClaims:
        token = protocol.text_field(command.body, "token")
        if not token and self.node.settings.allow_anonymous and command.method == "connect":
            return TokenClaims(Identity(""), time.time(), None)
        try:
            return tokens.verify(token)
        except ExpiredToken:
            self._unusable = command.method == "connect"
            protocol.refuse(Refusal.TOKEN_EXPIRED)
        except InvalidToken:
            raise CloseSocket(Close.INVALID_TOKEN) from None

    def _lifetime(self, claims: TokenClaims) -> dict[str, Any]:
        self._expires_at = claims.expires_at
        if claims.expires_at is None:
            return {}
        return {"expires": True, "ttl": max(1, int(claims.expires_at - time.time()))}

    def _refresh(self, command: Command) -> bytes:
        claims = self._claims(command)
        if self.identity is None or claims.identity.user_id != self.identity.user_id:
            raise CloseSocket(Close.INVALID_TOKEN)
        if self.node.revocations.voids(claims):
            protocol.refuse(Refusal.TOKEN_EXPIRED)
        return protocol.reply(command, {"version": VERSION, **self._lifetime(claims)})

    async def _subscribe(self, command: Command) -> bytes:
        name = protocol.text_field(command.body, "channel")
        if not name:
            raise CloseSocket(Close.BAD_REQUEST)
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
            answer = await subscription.begin(command, match.kind)
            await self._admit(subscription, match)
        except BaseException:
            self._forget(subscription)
            raise
        if self.closed or self._subscriptions.get(name) is not subscription:
            self._forget(subscription)
            raise CommandRefused(*Refusal.INTERNAL.value)
        return answer

    async def _admit(self, subscription: Subscription, match: topics.TopicMatch) -> None:
        while subscription.ask_again:
            subscription.ask_again = False
            if not await self.node.workers.app(match.may_read, self.identity):
                protocol.refuse(Refusal.PERMISSION_DENIED)

    def _start_live(self, command: Command) -> None:
        """The reply to a subscribe is out: what was held back meanwhile follows it."""
        if command.method == "subscribe":
            subscription = self._subscriptions.get(protocol.text_field(command.body, "channel"))
            if subscription is not None:
                subscription.release()

    def _unsubscribe(self, command: Command) -> bytes:
        name = protocol.text_field(command.body, "channel")
        if not name:
            raise CloseSocket(Close.BAD_REQUEST)
        if (subscription := self._subscriptions.get(name)) is not None:
            self._forget(subscription)
        return protocol.reply(command, {})

    def _sub_refresh(self, command: Command) -> bytes:
        if protocol.text_field(command.body, "channel") not in self._subscriptions:
            protocol.refuse(Refusal.PERMISSION_DENIED)
        # Subscriptions carry no token of their own here, so there is nothing that could expire.
        return protocol.reply(command, {})

    async def _rpc(self, command: Command) -> bytes:
        method = rpc.find(protocol.text_field(command.body, "method"))
        if method is None or self.identity is None:
            protocol.refuse(Refusal.METHOD_NOT_FOUND)
        if self._rpcs >= RPC_AT_ONCE_MAX:
            protocol.refuse(Refusal.TOO_MANY_REQUESTS)
        self._rpcs += 1
        try:
            result = await self.node.workers.app(method, self.identity, command.body.get("data"))
        except rpc.RpcRefused as refused:
            raise CommandRefused(refused.code, refused.message) from None
        finally:
            self._rpcs -= 1
        return protocol.reply(command, {"data": dict(result)})

    # What the process does to it

    async def ask_again(self, name: str) -> None:
        """After a revocation: the registry decides anew whether this subscription may stay."""
        subscription, match = self._subscriptions.get(name), topics.find(name)
        if subscription is None:
            return
        subscription.ask_again = True
        if subscription.held is not None:
            return  # Still being made, by a command that will see the mark.
        try:
            if match is None:
                protocol.refuse(Refusal.UNKNOWN_CHANNEL)
            await self._admit(subscription, match)
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
        self.outbox.forget_latest(subscription.name)
        return self._subscriptions.pop(subscription.name, None) is subscription

    def look_at_the_clock(self, now: float) -> None:
        """Once a second: what is due for this connection."""
        settings = self.node.settings
        oldest = self.outbox.oldest_ping()
        if self.identity is None:
            if now - self._opened_at > settings.connect_timeout_s:
                self.close(Close.STALE)
        elif oldest is not None and now - oldest > settings.pong_timeout_s:
            self.close(Close.SLOW if self.outbox.blocked else Close.NO_PONG)
        elif self._expires_at is not None and time.time() > self._expires_at + EXPIRED_GRACE_S:
            self.close(Close.EXPIRED)
        elif now >= self._ping_due:
            self._ping_due = now + settings.ping_interval_s
            self.outbox.ping()

    def send(self, frame: bytes) -> None:
        self.outbox.put(Chunk(frame))
        self.outbox.flush()

    def close(self, close: Close) -> None:
        """Says why, and ends the connection; Daphne drops the reason of a close frame, so a push carries it."""
        if not self.closed:
            self.detach()
            self.outbox.last_words(protocol.disconnect_push(close), close.code)

    def detach(self) -> None:
        """Lets go of everything; may be called in any state, and again."""
        if self.closed:
            return
        self.closed = True
        self._commands.clear()
        for subscription in list(self._subscriptions.values()):
            self._forget(subscription)
        self.node.closed(self, self.identity.user_id if self.identity is not None else None)
