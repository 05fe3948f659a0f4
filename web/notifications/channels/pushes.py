"""消息推送: what WeChat's server tells ours, in its two formats (XML, JSON) and two modes (明文, 安全).

A signature of the plain mode covers the moment and nothing else: whoever has seen one address may say what he likes for
ten minutes. Only the safe mode, which wechatpy opens, proves who speaks.
"""

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict
from django.conf import settings
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.utils import WeChatSigner

BELIEVED_S = 600.0
"""WeChat repeats a push within seconds. What was signed longer ago is somebody else's repetition."""

INSIDE = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}
"""Event -> the element that XML has around its list."""


class Unbelievable(Exception):
    """Not WeChat's, or nothing that we can read."""


@dataclass(frozen=True)
class Signed:
    """What stands in the address of a push."""

    signature: str
    timestamp: str
    nonce: str
    msg_signature: str = ""

    def check(self) -> None:
        """Raises Unbelievable."""
        if not settings.WECHAT_PUSH_TOKEN or not self.timestamp.isascii() or not self.timestamp.isdecimal():
            raise Unbelievable
        signer = WeChatSigner()
        signer.add_data(settings.WECHAT_PUSH_TOKEN, self.timestamp, self.nonce)
        right = hmac.compare_digest(signer.signature.encode(), self.signature.encode())
        if not right or abs(time.time() - int(self.timestamp)) > BELIEVED_S:
            raise Unbelievable


@dataclass(frozen=True)
class Push:
    """An event about a person. items: its list, one for each template. at: Unix seconds."""

    event: str
    openid: str
    at: int
    items: tuple[Mapping[str, Any], ...]


def read_push(body: bytes, signed: Signed) -> Push | None:
    """The event; None for one that is nothing to us. Raises Unbelievable."""
    signed.check()
    try:
        message = _read(body)
        if settings.WECHAT_PUSH_KEY:
            # In 兼容模式 the same stands beside it unencrypted, where anybody could have changed it.
            message = _read(_opened(message, signed).encode())
        event = str(message.get("Event", ""))
        if message.get("MsgType") != "event" or event not in INSIDE:
            return None
        at = int(message["CreateTime"])
        return Push(event, str(message["FromUserName"]), at, tuple(_items(message, INSIDE[event])))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, ExpatError, WeChatException):
        raise Unbelievable from None


def _read(body: bytes) -> dict[str, Any]:
    text = body.decode()
    message = xmltodict.parse(text)["xml"] if text.lstrip().startswith("<") else json.loads(text)
    if not isinstance(message, dict):
        raise TypeError("no message")
    return message


def _opened(message: dict[str, Any], signed: Signed) -> str:
    crypto = WeChatCrypto(settings.WECHAT_PUSH_TOKEN, settings.WECHAT_PUSH_KEY, settings.WECHAT_APPID)
    opened: str | bytes = crypto.decrypt_message(message, signed.msg_signature, signed.timestamp, signed.nonce)
    return opened.decode() if isinstance(opened, bytes) else opened


def _items(message: dict[str, Any], inside: str) -> list[dict[str, Any]]:
    """XML has the list within an element of the event's, JSON beside the event or there; one alone is no list."""
    found = message.get(inside, message)
    found = found.get("List", []) if isinstance(found, dict) else found
    return [found] if isinstance(found, dict) else list(found or [])
