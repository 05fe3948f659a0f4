"""The adapter against a server that speaks as WeChat does."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.notifications.wechat_standin import WeChat
from web.notifications.channels import Away, Outgoing, Rejected, Unclear
from web.notifications.channels.wechat import WeChatSender, fitting, openid_of

OPENID, TEMPLATE = "openid-of-somebody", "TEMPLATE-1"
MESSAGE = Outgoing(
    to=OPENID,
    template=TEMPLATE,
    values={"thing1": "日常保洁", "time2": "2026年12月1日 10:00"},
    text="服务人员已接单：……",
    link="/orders/7",
    reference="1",
)


@pytest.fixture(autouse=True)
def a_template(standin: WeChat) -> None:
    standin.templates[TEMPLATE] = {"thing1", "time2"}
    standin.allows(OPENID, TEMPLATE, times=5)


def test_it_is_sent_as_wechat_wants_it(standin: WeChat) -> None:
    WeChatSender().send(MESSAGE)
    assert standin.sent == [
        {
            "touser": OPENID,
            "template_id": TEMPLATE,
            "page": "pages/index/index?link=%2Forders%2F7",
            "data": {"thing1": {"value": "日常保洁"}, "time2": {"value": "2026年12月1日 10:00"}},
            "miniprogram_state": "formal",
            "lang": "zh_CN",
        }
    ]


def test_one_token_serves_many(standin: WeChat) -> None:
    for _ in range(3):
        WeChatSender().send(MESSAGE)
    assert standin.tokens_fetched == 1


def test_a_token_that_ran_out_is_replaced_once(standin: WeChat) -> None:
    WeChatSender().send(MESSAGE)
    standin.retire_token()
    WeChatSender().send(MESSAGE)
    assert (len(standin.sent), standin.tokens_fetched) == (2, 2)


def test_many_who_find_it_run_out_fetch_it_once(standin: WeChat) -> None:
    WeChatSender().send(MESSAGE)
    standin.retire_token()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: WeChatSender().send(MESSAGE), range(4)))
    assert (len(standin.sent), standin.tokens_fetched) == (5, 2)


def test_a_token_that_is_refused_for_ever_is_no_endless_loop(standin: WeChat) -> None:
    standin.script = [40001, 42001]
    with pytest.raises(Away, match="42001"):
        WeChatSender().send(MESSAGE)
    assert (standin.tries, standin.sent) == (2, [])


def test_who_refuses_is_refused_for_good(standin: WeChat) -> None:
    standin.consents.clear()
    with pytest.raises(Rejected) as refused:
        WeChatSender().send(MESSAGE)
    assert (refused.value.code, refused.value.no_consent, refused.value.ours) == ("43101", True, False)


@pytest.mark.parametrize("code", [40037, 47003, 41030])
def test_what_is_our_own_fault_says_so(standin: WeChat, code: int) -> None:
    standin.script = [code]
    with pytest.raises(Rejected) as refused:
        WeChatSender().send(MESSAGE)
    assert (refused.value.code, refused.value.ours) == (str(code), True)


@pytest.mark.parametrize("answer", [-1, 45009, "refuse"])
def test_who_is_busy_is_away(standin: WeChat, answer: int | str) -> None:
    standin.script = [answer]
    with pytest.raises(Away):
        WeChatSender().send(MESSAGE)
    assert standin.sent == []


@pytest.mark.parametrize("answer", ["drop", "page"])
def test_an_answer_that_never_came_is_unclear(standin: WeChat, answer: str) -> None:
    standin.script = [answer]
    with pytest.raises(Unclear):
        WeChatSender().send(MESSAGE)
    assert standin.tries == 1


def test_who_does_not_listen_is_away(standin: WeChat) -> None:
    WeChatSender().send(MESSAGE)
    with pytest.MonkeyPatch.context() as patch:
        from web.notifications.channels.wechat import current_client

        patch.setattr(current_client(), "API_BASE_URL", "http://127.0.0.1:9/")
        with pytest.raises(Away, match="network"):
            WeChatSender().send(MESSAGE)


def test_a_wrong_secret_is_our_fault(standin: WeChat, settings: object) -> None:
    settings.WECHAT_SECRET = "another"  # type: ignore[attr-defined]
    with pytest.raises(Rejected) as refused:
        WeChatSender().send(MESSAGE)
    assert (refused.value.code, refused.value.ours) == ("40125", True)


def test_texts_are_cut_to_what_a_slot_takes(standin: WeChat) -> None:
    long = Outgoing(**{**vars(MESSAGE), "values": {"thing1": "保" * 21, "time2": ""}})
    WeChatSender().send(long)
    assert standin.sent[0]["data"]["thing1"]["value"] == "保" * 19 + "…"
    assert standin.sent[0]["data"]["time2"]["value"]
    assert fitting("phrase3", "服务人员已接单") == "服务人员已"


def test_a_login_code_is_good_for_one_openid(standin: WeChat) -> None:
    standin.codes["code-1"] = OPENID
    assert openid_of("code-1") == OPENID
    with pytest.raises(Rejected, match="40029"):
        openid_of("code-1")
    assert standin.tokens_fetched == 0


@pytest.mark.parametrize("answer", [0, -1, 43101, "drop", "refuse", "page"])
def test_neither_token_nor_person_is_in_a_log_or_an_error(
    standin: WeChat, caplog: pytest.LogCaptureFixture, answer: int | str
) -> None:
    standin.script = [answer]
    # As in production: caplog alone would lift the levels that keep the libraries quiet.
    raised, hidden = "", True
    with caplog.at_level(logging.DEBUG):
        try:
            WeChatSender().send(MESSAGE)
        except (Away, Rejected, Unclear) as error:
            raised = f"{error!r} {error.__cause__!r}"
            hidden = error.__suppress_context__ or error.__context__ is None
    assert hidden
    for secret in ("token-0", OPENID, "standin-secret"):
        assert secret not in caplog.text
        assert secret not in raised
