"""WeChat's server as its documents have it, for one mini program: tokens, logins, subscription messages.

with wechat() as standin:
    standin.allows("openid-1", "TEMPLATE-1", times=1)
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.web.notifications.listening import Answering, listening

APPID, SECRET = "wx-standin", "standin-secret"
LIMITS = {"thing": 20, "phrase": 5, "name": 10, "character_string": 32, "number": 32}
"""So many characters a slot takes, by its kind."""


class WeChat:
    """templates: id -> slots. script: what the next sends answer instead: a number of WeChat's, "drop" (the message is
    taken and the line cut before the answer), "refuse" (nothing taken, HTTP 503), "page" (a proxy's HTML). numbers:
    whether an answer names the message's number, which WeChat does not do for everybody.
    """

    def __init__(self) -> None:
        self.templates: dict[str, set[str]] = {}
        self.consents: Counter[tuple[str, str]] = Counter()
        self.openids: set[str] = set()
        self.codes: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []
        self.script: list[int | str] = []
        self.tokens_fetched = 0
        self.tries = 0
        self.numbers = True
        self.token = "token-0"
        self.address = ""
        self.lock = threading.Lock()

    def allows(self, openid: str, template: str, *, times: int = 1) -> None:
        """The person has tapped 允许 so many times."""
        self.openids.add(openid)
        self.consents[(openid, template)] += times

    def retire_token(self) -> None:
        """The token that everybody holds is good no more."""
        self.token = f"token-{int(self.token.removeprefix('token-')) + 1}"

    def stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("appid"), body.get("secret")) != (APPID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens_fetched += 1
        return {"access_token": self.token, "expires_in": 7200}

    def session(self, query: dict[str, str]) -> dict[str, Any]:
        if query.get("secret") != SECRET or query.get("grant_type") != "authorization_code":
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        openid = self.codes.pop(query["js_code"], None)
        if openid is None:
            return {"errcode": 40029, "errmsg": "invalid code"}
        return {"openid": openid, "session_key": "planted-session-key"}

    def send(self, body: dict[str, Any]) -> dict[str, Any]:
        slots = self.templates.get(body["template_id"])
        if body["touser"] not in self.openids:
            return {"errcode": 40003, "errmsg": "invalid openid"}
        if slots is None:
            return {"errcode": 40037, "errmsg": "invalid template_id"}
        if set(body["data"]) != slots or not all(_fits(*slot) for slot in body["data"].items()):
            return {"errcode": 47003, "errmsg": "argument invalid!"}
        if not self.consents[(body["touser"], body["template_id"])]:
            return {"errcode": 43101, "errmsg": "user refuse to accept the msg"}
        self.consents[(body["touser"], body["template_id"])] -= 1
        self.sent.append(body)
        if not self.numbers:
            return {"errcode": 0, "errmsg": "ok"}
        return {"errcode": 0, "errmsg": "ok", "msgid": 3248682510344192000 + len(self.sent)}


def _fits(slot: str, value: dict[str, str]) -> bool:
    text = value["value"]
    return 0 < len(text) <= LIMITS.get(slot.rstrip("0123456789"), 32)


@contextmanager
def wechat() -> Iterator[WeChat]:
    """A WeChat that listens at `address` until the block ends."""
    standin = WeChat()
    with listening(type("Handler", (_Handler,), {"wechat": standin})) as standin.address:
        yield standin


class _Handler(Answering):
    wechat: WeChat

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._answer(self.wechat.session(query) if parts.path == "/sns/jscode2session" else {"errcode": -1})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if parts.path == "/cgi-bin/stable_token":
            self._answer(self.wechat.stable_token(body))
        elif parts.path == "/cgi-bin/message/subscribe/send":
            with self.wechat.lock:
                self._send(body, parse_qs(parts.query).get("access_token", [""])[0])
        else:
            self.send_error(404)

    def _send(self, body: dict[str, Any], token: str) -> None:
        self.wechat.tries += 1
        if token != self.wechat.token:
            self._answer({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"})
            return
        match self.wechat.script.pop(0) if self.wechat.script else 0:
            case 0:
                self._answer(self.wechat.send(body))
            case int() as code:
                self._answer({"errcode": code, "errmsg": "scripted"})
            case "drop":
                self.wechat.send(body)
                self.close_connection = True
            case "refuse":
                self.send_error(503)
            case _:
                self.write(200, b"<html>proxy</html>", "text/html")

    def _answer(self, body: dict[str, Any]) -> None:
        # WeChat says text/plain and means JSON.
        self.write(200, json.dumps(body).encode(), "text/plain")


PUSH_TOKEN = "standin-push-token"
PUSH_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def push_query(*, at: int | None = None, sealed: str = "", token: str = PUSH_TOKEN) -> str:
    """What WeChat writes into the address of a push; sealed: the Encrypt of its body."""
    stamp, nonce = str(int(time.time()) if at is None else at), "1514711492"
    query = {"signature": _sha1(token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": "openid-1"}
    if sealed:
        query |= {"encrypt_type": "aes", "msg_signature": _sha1(token, stamp, nonce, sealed)}
    return urlencode(query)


def seal(text: str, *, appid: str = APPID) -> str:
    """安全模式, by the documents: 16 random bytes, the length, the text, the AppID; AES-256-CBC, padded to 32."""
    key = base64.b64decode(PUSH_KEY + "=")
    inside = os.urandom(16) + struct.pack("!I", len(text.encode())) + text.encode() + appid.encode()
    padding = 32 - len(inside) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(inside + bytes([padding]) * padding) + sealer.finalize()).decode()


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
