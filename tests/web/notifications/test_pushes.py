"""WeChat's message push: who is believed, and what its three events do to the consent ledger and the deliveries."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.web.notifications.outbox import put_template, round_of_sending, tell, ways
from tests.web.notifications.wechat_standin import APPID, PUSH_KEY, PUSH_TOKEN, WeChat, push_query, seal
from tests.web.people import Api, body_of, make_customer, make_worker, refusal
from web.accounts.models import User
from web.notifications import selectors, services
from web.notifications.models import Receipt

pytestmark = pytest.mark.django_db

URL = "/api/wechat/messages"


@pytest.fixture(autouse=True)
def push(settings: Any) -> None:
    """The mini program's message push is set up, in 明文模式."""
    settings.WECHAT_APPID, settings.WECHAT_PUSH_TOKEN, settings.WECHAT_PUSH_KEY = APPID, PUSH_TOKEN, ""


@pytest.fixture
def customer() -> User:
    """Known to WeChat as openid-1, with two consents to 接单通知."""
    put_template("accepted")
    put_template("departed")
    customer = make_customer()
    services.put_wechat_account(user_id=customer.pk, openid="openid-1")
    for key in ("tap-1", "tap-2"):
        services.give_consents(user_id=customer.pk, templates=["accepted", "departed"], key=key)
    return customer


def event(name: str, *items: dict[str, str], at: int | None = None, listed: bool = True) -> dict[str, Any]:
    """As JSON has it. listed: a list; WeChat writes a single one without."""
    return {
        "ToUserName": "gh_123456789abc",
        "FromUserName": "openid-1",
        "CreateTime": int(time.time()) if at is None else at,
        "MsgType": "event",
        "Event": name,
        "List": list(items) if listed else items[0],
    }


def as_xml(event: dict[str, Any], inside: str) -> str:
    fields = "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in event.items() if k != "List")
    items = "".join(
        "<List>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in item.items()) + "</List>" for item in event["List"]
    )
    return f"<xml>{fields}<{inside}>{items}</{inside}></xml>"


def choice(template: str, status: str) -> dict[str, str]:
    return {"TemplateId": f"TEMPLATE-{template}", "SubscribeStatusString": status, "PopupScene": "0"}


def outcome(number: object, code: str, template: str = "accepted") -> dict[str, str]:
    status = "success" if code == "0" else "failed:user refuse"
    told = {"TemplateId": f"TEMPLATE-{template}", "MsgID": str(number), "ErrorCode": code, "ErrorStatus": status}
    return {name: value for name, value in told.items() if value}


def post(body: dict[str, Any] | str, query: str = "") -> tuple[int, str]:
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/xml" if text.startswith("<") else "application/json"
    answer = Client().post(f"{URL}?{query or push_query()}", data=text, content_type=kind)
    return answer.status_code, answer.content.decode()


def left(user: User, template: str = "accepted") -> int:
    return selectors.sends_left(user_id=user.pk, template=template)


def test_the_handshake_gives_its_word_back_to_wechat_alone() -> None:
    def shake(query: str) -> Any:
        return Client().get(f"{URL}?{query.removesuffix('&openid=openid-1')}&echostr=4375120948345356249")

    answer = shake(push_query())
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"4375120948345356249", "text/plain")
    for wrong in (push_query(token="another"), push_query(at=int(time.time()) - 3600), "signature=x"):
        assert refusal(shake(wrong)) == (400, "bad_signature")


def test_without_a_token_nobody_is_believed(settings: Any) -> None:
    settings.WECHAT_PUSH_TOKEN = ""
    assert post(event("subscribe_msg_change_event"), push_query(token=""))[0] == 400


@pytest.mark.parametrize("form", ["json", "single json", "inner json", "xml"])
def test_who_switches_it_off_in_wechat_has_no_sends_left(customer: User, form: str) -> None:
    told = event("subscribe_msg_change_event", choice("accepted", "reject"), listed=form != "single json")
    body: dict[str, Any] | str = told
    if form == "inner json":
        body = {**told, "SubscribeMsgChangeEvent": told["List"]}
        del body["List"]
    elif form == "xml":
        body = as_xml(told, "SubscribeMsgChangeEvent")
    assert post(body) == (200, "success")
    assert (left(customer), left(customer, "departed")) == (0, 2)


def test_several_templates_at_once(customer: User) -> None:
    told = event("subscribe_msg_popup_event", choice("accepted", "reject"), choice("departed", "accept"))
    services.give_consents(user_id=customer.pk, templates=["departed"], key="tap-3")
    assert post(as_xml(told, "SubscribeMsgPopupEvent")) == (200, "success")
    # Its tap on 出发通知 is the first of those that the page has told of.
    assert (left(customer), left(customer, "departed")) == (0, 3)


@pytest.mark.parametrize("first", ["page", "event"])
def test_a_tap_of_which_page_and_event_tell_counts_once(customer: User, first: str) -> None:
    before = left(customer)
    # Those two taps have been told of by both.
    for at in (101, 102):
        post(event("subscribe_msg_popup_event", choice("accepted", "accept"), at=at))
    assert left(customer) == before
    tellers: dict[str, Callable[[], object]] = {
        "page": lambda: Api(customer).post("/subscriptions", {"accepted": ["accepted"]}, idempotency_key="tap-9"),
        "event": lambda: post(event("subscribe_msg_popup_event", choice("accepted", "accept"), at=103)),
    }
    for teller in [first, *(tellers.keys() - {first}), "page", "event"]:
        tellers[teller]()
    assert left(customer) == before + 1


def test_a_tap_that_only_wechat_tells_of_counts(customer: User) -> None:
    for at in (101, 102, 103, 103):
        assert post(event("subscribe_msg_popup_event", choice("accepted", "accept"), at=at)) == (200, "success")
    assert left(customer) == 3


def test_what_he_allowed_after_he_refused_holds(customer: User) -> None:
    assert post(event("subscribe_msg_popup_event", choice("accepted", "reject"), at=int(time.time()) - 60))[0] == 200
    assert left(customer) == 2


def test_one_openid_that_is_a_worker_too_hears_of_his_own_templates(customer: User) -> None:
    worker = make_worker().user
    put_template("offer")
    services.put_wechat_account(user_id=worker.pk, openid="openid-1")
    services.give_consents(user_id=worker.pk, templates=["offer"], key="tap-1")
    post(event("subscribe_msg_change_event", choice("accepted", "reject"), choice("offer", "reject")))
    assert (left(customer), selectors.sends_left(user_id=worker.pk, template="offer")) == (0, 0)


def test_others_and_other_events_change_nothing(customer: User) -> None:
    somebody = make_customer()
    services.put_wechat_account(user_id=somebody.pk, openid="openid-2")
    services.give_consents(user_id=somebody.pk, templates=["accepted"], key="tap-1")
    for told in (
        event("subscribe_msg_change_event", choice("accepted", "reject")) | {"FromUserName": "nobody"},
        event("subscribe_msg_change_event", choice("unknown", "reject")),
        event("user_enter_tempsession", choice("accepted", "reject")),
        event("subscribe_msg_change_event", choice("accepted", "reject")) | {"MsgType": "text"},
    ):
        assert post(told) == (200, "success")
    assert (left(customer), left(somebody)) == (2, 1)


class TestSafeMode:
    """安全模式: sealed by AES, and signed together with what is sealed."""

    @pytest.fixture(autouse=True)
    def key(self, settings: Any) -> None:
        settings.WECHAT_PUSH_KEY = PUSH_KEY

    TOLD = event("subscribe_msg_change_event", choice("accepted", "reject"))

    @pytest.mark.parametrize("outer", ["json", "xml"])
    def test_it_is_opened(self, customer: User, outer: str) -> None:
        told = event("subscribe_msg_change_event", choice("accepted", "reject"))
        inner = as_xml(told, "SubscribeMsgChangeEvent") if outer == "xml" else json.dumps(told)
        sealed = seal(inner)
        both = {"ToUserName": "gh_1", "Encrypt": sealed}
        body = f"<xml><ToUserName>gh_1</ToUserName><Encrypt>{sealed}</Encrypt></xml>" if outer == "xml" else both
        assert post(body, push_query(sealed=sealed)) == (200, "success")
        assert left(customer) == 0

    def test_what_is_plain_changed_or_for_another_app_is_refused(self, customer: User) -> None:
        told = json.dumps(event("subscribe_msg_change_event", choice("accepted", "reject")))
        sealed, foreign = seal(told), seal(told, appid="wx-another")
        for body, query in (
            (told, push_query()),
            # 兼容模式, changed by somebody in the clear: what is sealed counts, and its signature.
            (json.dumps({**json.loads(told), "Encrypt": sealed}), push_query(sealed=foreign)),
            (json.dumps({"Encrypt": foreign}), push_query(sealed=foreign)),
            (json.dumps({"Encrypt": "no base64"}), push_query(sealed="no base64")),
            (json.dumps({"Encrypt": sealed}), push_query(sealed=sealed, token="another")),
        ):
            assert post(body, query)[0] == 400
        assert left(customer) == 2


@pytest.mark.parametrize("body", ["", "[]", "<xml/>", "{", '{"MsgType": "event", "Event": "subscribe_msg_sent_event"}'])
def test_what_cannot_be_read_is_refused(body: str) -> None:
    assert post(body)[0] == 400


class TestSent:
    """subscribe_msg_sent_event: what became of a message that WeChat had taken."""

    @pytest.fixture
    def sent_to(self, standin: WeChat, customer: User) -> User:
        standin.templates["TEMPLATE-accepted"] = {"thing1", "time2"}
        standin.allows("openid-1", "TEMPLATE-accepted", times=5)
        return customer

    def number(self, standin: WeChat) -> int:
        return 3248682510344192000 + len(standin.sent)

    def test_it_arrived(self, standin: WeChat, sent_to: User) -> None:
        message = tell(sent_to)
        round_of_sending()
        for _ in range(2):
            assert post(event("subscribe_msg_sent_event", outcome(self.number(standin), "0"))) == (200, "success")
        assert services.settle_receipts() == 1
        assert ways(message) == {"wechat": ("delivered", "")}

    @pytest.mark.parametrize("numbers", [True, False])
    def test_who_refuses_has_no_sends_left_and_the_next_channel_its_turn(
        self, standin: WeChat, sent_to: User, numbers: bool, settings: Any
    ) -> None:
        settings.SMS, standin.numbers = "sandbox", numbers
        message = tell(sent_to)
        round_of_sending()
        assert post(event("subscribe_msg_sent_event", outcome(self.number(standin), "43101")))[0] == 200
        assert services.settle_receipts() == 1
        assert left(sent_to) == 0
        round_of_sending()
        assert ways(message) == {"wechat": ("failed", "43101"), "sms": ("sent", "")}
        assert standin.tries == 1, "43101 is never retried"

    def test_what_nobody_knew_is_known_then(self, standin: WeChat, sent_to: User) -> None:
        standin.script = ["drop"]
        message = tell(sent_to)
        round_of_sending()
        assert ways(message)["wechat"] == ("unknown", "unclear")
        post(event("subscribe_msg_sent_event", outcome(self.number(standin), "0")))
        services.settle_receipts()
        assert ways(message)["wechat"] == ("delivered", "")

    def test_a_receipt_that_comes_before_the_answer_is_written_waits(self, standin: WeChat, sent_to: User) -> None:
        post(event("subscribe_msg_sent_event", outcome(self.number(standin) + 1, "0")))
        assert services.settle_receipts() == 0
        message = tell(sent_to)
        round_of_sending()
        assert services.settle_receipts() == 1
        assert ways(message) == {"wechat": ("delivered", "")}

    def test_one_that_is_of_nothing_is_done_with_after_a_while(self, customer: User) -> None:
        post(event("subscribe_msg_sent_event", outcome("", "0", "departed")))
        assert services.settle_receipts() == 0
        Receipt.objects.update(at="2026-01-01T00:00:00Z")
        assert services.settle_receipts() == 0
        assert Receipt.objects.get().done_at


def test_nobodys_openid_is_found_in_the_table_by_its_own_name(customer: User) -> None:
    from web.notifications.models import WeChatAccount

    account = WeChatAccount.objects.get()
    assert account.openid_hash
    assert "openid-1" not in account.openid_hash
    assert body_of(Api(customer).get("/subscriptions"))
