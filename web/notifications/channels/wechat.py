"""微信订阅消息: what wechatpy lacks for a mini program, behind the interface.

The access token lives in Redis, one for all processes, and is fetched by WeChat's stable interface under a lock: the
plain one retires the token that others hold. It travels in the query of every request, so no address of a request is
ever logged or raised from here.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import quote

import redis
import requests
from django.conf import settings
from wechatpy import WeChatClient
from wechatpy.client.api.base import BaseWeChatAPI
from wechatpy.exceptions import WeChatClientException
from wechatpy.session.redisstorage import RedisStorage

from web.notifications.channels import Away, Outgoing, Rejected, Unclear
from web.notifications.channels.network import never_connected

TIMEOUT_S = 5.0
LOCK_S = 10.0
PREFIX = "wechat"
"""Of our keys in Redis."""

PAGE = "pages/index/index"
"""The client's entrance; it goes on to `link`."""

STALE_TOKEN = frozenset({40001, 40014, 42001})
NO_CONSENT = 43101
BUSY = frozenset({-1, 43108, 45009, 45011})
"""System busy, too many at once to one person, quota of the day or the minute: nothing was sent."""

OUR_FAULT = frozenset({40013, 40037, 40125, 41030, 47003})
"""AppID, template, secret, page, or values that do not fit the template: somebody must mend a setting."""

WIDTHS = {"thing": 20, "phrase": 5, "name": 10, "character_string": 32, "letter": 32, "number": 32, "const": 20}
"""So many characters a slot of that kind takes; one more and WeChat refuses the whole message (47003)."""


class MiniProgramAPI(BaseWeChatAPI):  # type: ignore[misc]  # wechatpy has no types
    """The calls of a mini program's server that we make."""

    def stable_token(self) -> dict[str, Any]:
        """{access_token, expires_in}: the token that is good now, the same to whoever asks."""
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        answer: dict[str, Any] = self._post("cgi-bin/stable_token", data=body, params={"access_token": None})
        return answer

    def openid(self, code: str) -> str:
        """Who gave us this code of wx.login."""
        asked = {"appid": self.appid, "secret": self.secret, "js_code": code, "grant_type": "authorization_code"}
        answer = self._get("sns/jscode2session", params={**asked, "access_token": None})
        return str(answer["openid"])

    def send(self, outgoing: Outgoing, *, state: str) -> str:
        """A subscription message; WeChat's number of it, which not every answer has."""
        values = {slot: {"value": fitting(slot, text)} for slot, text in outgoing.values.items()}
        body = {
            "touser": outgoing.to,
            "template_id": outgoing.template,
            "page": f"{PAGE}?link={quote(outgoing.link, safe='')}",
            "data": values,
            "miniprogram_state": state,
            "lang": "zh_CN",
        }
        answer = self._post("cgi-bin/message/subscribe/send", data=body)
        # What is no JSON comes back as it is: a proxy's page says nothing of the message.
        if not isinstance(answer, dict) or "errcode" not in answer:
            raise ValueError("no answer of WeChat's")
        return str(answer.get("msgid", ""))


class MiniProgramClient(WeChatClient):  # type: ignore[misc]
    """wechatpy's client with the stable token, and with every call bounded in time."""

    mini = MiniProgramAPI()

    def __init__(self, *, appid: str, secret: str, base: str, store: "redis.Redis") -> None:
        super().__init__(appid, secret, session=RedisStorage(store, prefix=PREFIX), timeout=TIMEOUT_S, auto_retry=False)
        self.API_BASE_URL = base.rstrip("/") + "/"
        self._store = store

    def fetch_access_token(self) -> None:
        """wechatpy asks for it when there is none, or it is about to run out."""
        self.replace_token(self.session.get(self.access_token_key))

    def replace_token(self, refused: str | None) -> None:
        """Fetch the token, unless another process has replaced `refused` already."""
        with self._store.lock(f"{PREFIX}:token-lock", timeout=LOCK_S, blocking_timeout=LOCK_S):
            if refused and self.session.get(self.access_token_key) != refused:
                return
            fresh = self.mini.stable_token()
            self.session.set(self.access_token_key, fresh["access_token"], fresh["expires_in"])


class WeChatSender:
    """Subscription messages behind the interface."""

    def is_on(self) -> bool:
        """See Sender."""
        return bool(settings.WECHAT_APPID and settings.WECHAT_SECRET)

    def send(self, outgoing: Outgoing) -> str:
        """See Sender. A token that has run out is replaced once."""
        client = current_client()
        token = _token(client)
        code, number = _answer_to(client, outgoing)
        if code in STALE_TOKEN:
            _token(client, refused=token)
            code, number = _answer_to(client, outgoing)
        if code == 0:
            return number
        if code in BUSY | STALE_TOKEN:
            raise Away(str(code))
        raise Rejected(str(code), no_consent=code == NO_CONSENT, ours=code in OUR_FAULT)


def openid_of(code: str) -> str:
    """Who is behind a code of wx.login. Raises Away, Rejected (used, too old, not WeChat's)."""
    try:
        return current_client().mini.openid(code)
    except WeChatClientException as error:
        if error.errcode is None or error.errcode in BUSY:
            raise Away(str(error.errcode or "http")) from None
        raise Rejected(str(error.errcode)) from None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise Away("network") from None


def fitting(slot: str, text: str) -> str:
    """`text` as a slot takes it: "thing1" takes 20 characters. An empty value is refused as well."""
    kind = slot.rstrip("0123456789")
    width = WIDTHS.get(kind, 32)
    text = text or "无"
    return text if len(text) <= width else text[: width - 1] + "…" if kind == "thing" else text[:width]


def current_client() -> MiniProgramClient:
    """This process's client, as the settings are."""
    return _client(settings.WECHAT_APPID, settings.WECHAT_SECRET, settings.WECHAT_API, settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(appid: str, secret: str, base: str, store: str) -> MiniProgramClient:
    connection = redis.Redis.from_url(store, socket_timeout=LOCK_S, socket_connect_timeout=1)
    return MiniProgramClient(appid=appid, secret=secret, base=base, store=connection)


def _token(client: MiniProgramClient, *, refused: str | None = None) -> str:
    """The token there is, or the one after `refused`. Whatever goes wrong here, nothing was sent."""
    try:
        if refused:
            client.replace_token(refused)
        return str(client.access_token)
    except WeChatClientException as error:
        if error.errcode in OUR_FAULT:
            raise Rejected(str(error.errcode), ours=True) from None
        raise Away(f"token:{error.errcode or 'http'}") from None
    except (requests.RequestException, redis.RedisError, OSError, ValueError, KeyError, TypeError):
        raise Away("token") from None


def _answer_to(client: MiniProgramClient, outgoing: Outgoing) -> tuple[int, str]:
    """(errcode, 0 for sent; the message's number). `from None`: the errors of requests name the address, and with it
    the token.
    """
    try:
        return 0, client.mini.send(outgoing, state=settings.WECHAT_STATE)
    except WeChatClientException as error:
        if error.errcode is not None:
            return int(error.errcode), ""
        status = getattr(error.response, "status_code", 0)
        if status in (429, 503):
            raise Away(f"http:{status}") from None
        raise Unclear from None
    except requests.ConnectTimeout:
        raise Away("network") from None
    except requests.ConnectionError as error:
        if never_connected(error):
            raise Away("network") from None
        raise Unclear from None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise Unclear from None
    except redis.RedisError:
        raise Away("token") from None
