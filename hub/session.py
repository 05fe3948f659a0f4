"""One connection: who it is, what it subscribed to, and its answers to the commands of the protocol.

Guarantees that a socket hears only topics which the registry let its user read when last asked, or for which it brought
a token that was not revoked since. Commands of one connection run one after the other, except rpc: of these only the
calls of one method do. Not that each is answered: one that comes with the close is not.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from hub import client_publish, protocol, queries, rpc, tokens, topics
from hub.errors import ExpiredToken, InvalidToken
from hub.outbox import Chunk, Outbox
from hub.protocol import ApplicationClose, Close, CloseSocket, Command, CommandRefused, Refusal, Unsubscribe
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
        # A connect was received, once and for all; and it was answered well: before that nothing else is.
        self._tried = self._connected = False
        # It was counted as its user's, and is no longer.
        self._gone = False
        self._rpcs = 0
        # Calls of one method are answered in their order.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._opened_at = now
        self._ping_due = now + random.uniform(0.5, 1.0) * node.settings.ping_interval_s  # noqa: S311
        self._expires_at: float | None = None
        node.sessions[self] = None
        wire.when_frame = self.receive

    # What comes in

    def receive(self, payload: bytes, is_binary: bool) -> None:
        """A frame from the client."""
        if self.closed:
            return
        try:
            if is_binary or len(payload) > self.node.settings.frame_bytes_max:
                raise CloseSocket(Close.BAD_REQUEST)
            for command in protocol.parse(payload.decode()):
                self._enqueue(command)
        except CloseSocket as end:
            self.close(end.close)

    def _enqueue(self, command: Command) -> None:
        if command.is_pong and self._connected:
            # At once, not behind the commands: a slow one must not make the peer look dead.
            if not self.outbox.pong():
                raise CloseSocket(Close.BAD_REQUEST)
            return
        if len(self._commands) >= self.node.settings.commands_max:
            raise CloseSocket(Close.TOO_MANY_REQUESTS)
        if command.method == "rpc" and not self._working:
            self.node.spawn(self._answer(command))
            return
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
        except rpc.RpcRefused as refused:
            if refused.code >= rpc.DISCONNECTS:
                self.close(ApplicationClose(refused.code, refused.message))
                return
            answer = protocol.error_reply(command, CommandRefused(refused.code, refused.message))
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
        may = not self._tried if command.method == "connect" else self._connected
        if not may:
            raise CloseSocket(Close.BAD_REQUEST)
        if command.method == "send":
            raise CloseSocket(Close.NOT_AVAILABLE)
        handle = COMMANDS.get(command.method)
        if handle is None:
            protocol.refuse(Refusal.NOT_AVAILABLE)
        return await handle(self, command)

    # Commands (the table is below; those that need no more than a subscription have modules of their own)

    async def _connect(self, command: Command) -> bytes:
        self._tried = True
        try:
            await self.node.ready()
        except TimeoutError:
            protocol.refuse(Refusal.INTERNAL)
        claims, settings = self._claims(command), self.node.settings
        user = claims.identity.user_id
        if not user and not settings.allow_anonymous:
            raise CloseSocket(Close.PERMISSION_DENIED)
        if user and 0 < settings.user_connections_max <= len(self.node.sessions_of(user)):
            raise CloseSocket(Close.CONNECTION_LIMIT)
        told = [protocol.text_field(command.body, field)[:AGENT_LENGTH] for field in ("name", "version")]
        # It is shown on an operator's terminal: no control characters.
        self.agent = "".join(filter(str.isprintable, " ".join(told))).strip()
        if self.closed:
            protocol.refuse(Refusal.INTERNAL)
        # Known before the application is asked: a revocation that comes meanwhile must find it.
        self.identity, self.claims, self._expires_at = claims.identity, claims, claims.expires_at
        self.node.came(self, user)
        try:
            hook, data = rpc.connect_hook(), None
            if hook is not None:
                data = await self.node.workers.registry(hook, self.identity, command.body.get("data"))
            # Encoded here: what is no JSON must refuse the connect, and leave nothing begun.
            said = {} if data is None else {"data": protocol.encode(data)}
            if len(claims.subs) > settings.subscriptions_max:
                raise CloseSocket(Close.CHANNEL_LIMIT)
            positions = protocol.object_field(command.body, "subs") or {}
            for name, options in claims.subs.items():
                if (match := topics.find(name)) is None:
                    protocol.refuse(Refusal.UNKNOWN_CHANNEL)
                body = protocol.object_field(positions, name) or {}
                self._subscriptions[name] = Subscription(name, self, match, body, server_side=options)
            begun = await self._begin(*self._subscriptions.values())
        except BaseException:
            self._let_go()
            raise
        self._connected = True
        ping = max(1, int(settings.ping_interval_s))
        result = {"client": self.client_id, "version": VERSION, "ping": ping, "pong": True}
        result |= protocol.lifetime(claims.expires_at)
        subs = b",".join(b"%b:%b" % (protocol.encode(name), sub) for name, sub in begun.items())
        said |= {"subs": b"{%b}" % subs} if subs else {}
        return protocol.encoded_reply(command, protocol.encode_with(result, **said))

    async def _begin(self, *wanted: Subscription) -> dict[str, bytes]:
        """Their results by topic, encoded. What the server began and the registry refuses is left out."""
        refused: set[Subscription] = set()
        try:
            while waiting := [each for each in wanted if each not in refused and not each.is_ready]:
                for subscription in waiting:
                    try:
                        await subscription.prepare()
                    except CommandRefused:
                        if subscription.server_side is None:
                            raise
                        self._forget(subscription)
                        refused.add(subscription)
            if self.closed:
                protocol.refuse(Refusal.INTERNAL)
            # One whose token ran out, or was revoked, while it was made has been ended, and must not be joined.
            if any(each not in refused and self.subscription(each.name) is not each for each in wanted):
                protocol.refuse(Refusal.TOKEN_EXPIRED)
            # From here to the reply's write nothing waits: what is emitted next follows the reply.
            results = {}
            for subscription in wanted:
                if subscription not in refused:
                    results[subscription.name] = subscription.begin()
                    self.node.members.joined(subscription)
                    # It has served, and there are many of these.
                    subscription.body = {}
            return results
        except BaseException:
            for subscription in wanted:
                self._forget(subscription)
            raise

    def _claims(self, command: Command, channel: str = "") -> TokenClaims:
        """What the token of a command says, of a connection's or of that channel's."""
        token = protocol.text_field(command.body, "token")
        if not token and self.node.settings.allow_anonymous and command.method == "connect":
            return TokenClaims(Identity(""), issued_at=time.time())
        try:
            claims = tokens.verify(token)
        except ExpiredToken:
            _expired(command)
        except InvalidToken:
            if command.method == "subscribe":
                protocol.refuse(Refusal.PERMISSION_DENIED)
            raise CloseSocket(Close.INVALID_TOKEN) from None
        is_ours = self.identity is None or claims.identity.user_id == self.user
        if claims.channel != channel or not is_ours or claims.client not in ("", self.client_id):
            raise CloseSocket(Close.INVALID_TOKEN)
        if self.node.revocations.voids(claims):
            # As if it had run out: the client asks the application for a new one, and gets it or not.
            _expired(command)
        if claims.expires_at is not None and claims.expires_at <= time.time():
            protocol.refuse(Refusal.EXPIRED)
        return claims

    async def _refresh(self, command: Command) -> bytes:
        claims = self._claims(command)
        if self.claims is not None and claims.subs.keys() != self.claims.subs.keys():
            # Connected anew it has what the new token says, from where it was.
            raise CloseSocket(Close.INSUFFICIENT_STATE)
        self.identity, self.claims, self._expires_at = claims.identity, claims, claims.expires_at
        return protocol.reply(command, {"version": VERSION, **protocol.lifetime(claims.expires_at)})

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
        token = self._claims(command, name) if command.body.get("token") else None
        # Known before the registry is asked: a revocation that comes meanwhile must find it.
        subscription = self._subscriptions[name] = Subscription(name, self, match, command.body, token)
        return protocol.encoded_reply(command, (await self._begin(subscription))[name])

    async def _unsubscribe(self, command: Command) -> bytes:
        if (subscription := self.subscription(protocol.channel_field(command))) is not None:
            self._forget(subscription)
        return protocol.reply(command, {})

    async def _sub_refresh(self, command: Command) -> bytes:
        name = protocol.channel_field(command)
        if (subscription := self.subscription(name)) is None:
            protocol.refuse(Refusal.PERMISSION_DENIED)
        if subscription.server_side is not None:
            raise CloseSocket(Close.BAD_REQUEST)
        if not command.body.get("token"):
            protocol.refuse(Refusal.BAD_REQUEST)
        subscription.token = self._claims(command, name)
        return protocol.reply(command, protocol.lifetime(subscription.token.expires_at))

    async def _rpc(self, command: Command) -> bytes:
        method = rpc.find(name := protocol.text_field(command.body, "method"))
        if method is None or self.identity is None:
            protocol.refuse(Refusal.METHOD_NOT_FOUND)
        if self._rpcs >= RPC_AT_ONCE_MAX or self.node.workers.rpcs >= self.node.settings.rpc_waiting_max:
            protocol.refuse(Refusal.TOO_MANY_REQUESTS)
        self._rpcs += 1
        try:
            result = await self.node.workers.rpc(self._turns[name], method, self.identity, command.body.get("data"))
        finally:
            self._rpcs -= 1
        return protocol.reply(command, {"data": dict(result)})

    def info(self, channel: str) -> dict[str, Any]:
        """What the protocol shows of it to others in that channel."""
        info, subscription = self.identity.info if self.identity else {}, self.subscription(channel)
        of_channel = None if subscription is None else subscription.options.info
        shown = {"user": self.user, "client": self.client_id} | ({"conn_info": info} if info else {})
        return shown if of_channel is None else shown | {"chan_info": of_channel}

    @property
    def by_token(self) -> list[str]:
        """The topics that it subscribed to with a token of their own."""
        return [name for name, subscription in self._subscriptions.items() if subscription.token is not None]

    def subscription(self, name: str) -> Subscription | None:
        """Its subscription to that topic, while it has one."""
        return self._subscriptions.get(name)

    # What the process does to it

    async def ask_again(self, name: str) -> None:
        """After a revocation: the registry decides anew whether this subscription may stay."""
        if (subscription := self.subscription(name)) is None:
            return
        subscription.ask_again = True
        if subscription.topic is None:
            return  # Still being made, by a command that will see the mark.
        try:
            await asyncio.wait_for(subscription.admit(), ASK_AGAIN_TIMEOUT_S)
        except CommandRefused:
            # Who came by a token asks the application for a new one, and gets it or not.
            reason = Unsubscribe.SERVER if subscription.token is None else Unsubscribe.STATE_INVALIDATED
            self.end_subscription(subscription, reason)
        except Exception as error:
            # Not known is not allowed; the client subscribes again and is asked then.
            logger.warning("hub registry failed: %s", type(error).__name__)
            self.end_subscription(subscription, Unsubscribe.INSUFFICIENT)

    def end_subscription(self, subscription: Subscription, reason: Unsubscribe) -> None:
        if subscription.server_side is not None and reason is not Unsubscribe.SERVER:
            # The SDKs begin it again by connecting anew only.
            self.close(Close.INSUFFICIENT_STATE)
        elif self._forget(subscription) and not self.closed:
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
        grace_s = settings.expired_grace_s
        # Who waits for the application's answer to his connect is not stale.
        if self.identity is None or self._gone:
            if now - self._opened_at > settings.connect_timeout_s:
                self.close(Close.STALE)
        elif (why := self.outbox.overdue(now, pong_s=pong_s, stuck_s=stuck_s)) is not None:
            self.close(why)
        elif self._expires_at is not None and time.time() > self._expires_at + grace_s:
            self.close(Close.EXPIRED)
        elif self._connected and now >= self._ping_due:
            self._ping_due = now + settings.ping_interval_s
            self.outbox.ping()
        for subscription in list(self._subscriptions.values()):
            token = subscription.token
            if token is not None and token.expires_at is not None and time.time() > token.expires_at + grace_s:
                self.end_subscription(subscription, Unsubscribe.EXPIRED)

    def send(self, frame: bytes) -> None:
        self.outbox.put(Chunk(frame))
        self.outbox.flush()

    def close(self, close: Close | ApplicationClose) -> None:
        """Says why, and ends the connection."""
        if not self.closed:
            self.detach(close.code, close.cause)
            self.outbox.last_words(close)

    @property
    def user(self) -> str:
        """Whose it is; "" also while nobody knows."""
        return "" if self.identity is None else self.identity.user_id

    @property
    def topics(self) -> list[str]:
        """What it is subscribed to, or about to be."""
        return list(self._subscriptions)

    @property
    def open_s(self) -> float:
        """For how long it has been open."""
        return asyncio.get_running_loop().time() - self._opened_at

    def detach(self, code: int = GONE, reason: str = "") -> None:
        """Lets go of everything, after the close with that code; may be called in any state, and again."""
        if self.closed:
            return
        self.closed = True
        self.node.ended(self, code, reason)
        self._commands.clear()
        self.node.sessions.pop(self, None)
        self._let_go()

    def _let_go(self) -> None:
        for subscription in list(self._subscriptions.values()):
            self._forget(subscription)
        if not self._gone and self.identity is not None:
            self._gone = True
            self.node.left(self, self.user)


def _expired(command: Command) -> NoReturn:
    """Error 109 has the SDKs fetch a token and try anew; as an answer to a refresh it would end them for good."""
    if command.method in ("connect", "subscribe"):
        protocol.refuse(Refusal.TOKEN_EXPIRED)
    raise CloseSocket(Close.EXPIRED if command.method == "refresh" else Close.SUBSCRIPTION_EXPIRED)


COMMANDS: Mapping[str, Callable[[Session, Command], Awaitable[bytes]]] = {
    "connect": Session._connect,
    "refresh": Session._refresh,
    "ping": Session._ping,
    "subscribe": Session._subscribe,
    "unsubscribe": Session._unsubscribe,
    "sub_refresh": Session._sub_refresh,
    "publish": client_publish.answer,
    "history": queries.history,
    "rpc": Session._rpc,
    "presence": queries.presence,
    "presence_stats": queries.presence_stats,
}
"""Each answers the reply, or raises CommandRefused or CloseSocket."""
