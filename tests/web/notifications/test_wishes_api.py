"""What WeChat was allowed, and what one wants outside the app."""

import pytest

from tests.web.notifications.outbox import put_template
from tests.web.notifications.wechat_standin import WeChat
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.notifications import selectors
from web.notifications.models import Consent, OptOut, WeChatAccount

pytestmark = pytest.mark.django_db


def test_each_role_is_asked_for_its_own_templates_with_wechats_ids() -> None:
    put_template("accepted", code="wx-id-1")
    found = body_of(Api(make_customer()).get("/subscriptions"))
    assert found[0] == {"template": "accepted", "label": "接单通知", "id": "wx-id-1", "sends_left": 0}
    assert {"accepted", "departed", "finished"} <= {one["template"] for one in found}
    workers = {one["template"] for one in body_of(Api(make_worker().user).get("/subscriptions"))}
    assert "offer" in workers
    assert "accepted" not in workers


def test_a_tap_is_one_send_of_each_that_was_accepted() -> None:
    customer = make_customer()
    tap = {"accepted": ["accepted", "departed"], "rejected": ["finished"]}
    left = {
        one["template"]: one["sends_left"]
        for one in body_of(Api(customer).post("/subscriptions", tap, idempotency_key="t1"))
    }
    assert (left["accepted"], left["departed"], left["finished"]) == (1, 1, 0)
    assert selectors.sends_left(user_id=customer.pk, template="accepted") == 1


def test_a_tap_that_is_sent_again_counts_once_and_another_one_more() -> None:
    customer = make_customer()
    for key in ("t1", "t1", "t2"):
        body_of(Api(customer).post("/subscriptions", {"accepted": ["accepted"]}, idempotency_key=key))
    assert selectors.sends_left(user_id=customer.pk, template="accepted") == 2
    assert selectors.sends_left(user_id=make_customer().pk, template="accepted") == 0


def test_a_tap_needs_its_key_and_known_templates() -> None:
    asker = Api(make_customer())
    assert refusal(asker.post("/subscriptions", {"accepted": []})) == (422, "idempotency_key_required")
    for tap in ({"accepted": ["offer"]}, {"accepted": [], "rejected": ["nothing"]}):
        assert refusal(asker.post("/subscriptions", tap, idempotency_key="t1")) == (422, "invalid_request")
    assert not Consent.objects.exists()


def test_wechat_says_who_one_is_and_nobody_reads_it_in_the_table(standin: WeChat) -> None:
    customer = make_customer()
    standin.codes |= {"code-1": "openid-1", "code-2": "openid-2"}
    for code in ("code-1", "code-2"):
        assert Api(customer).put("/wechat", {"code": code}).status_code == 204
    account = WeChatAccount.objects.get()
    assert (account.user, account.openid) == (customer, "openid-2")
    stored = WeChatAccount.objects.extra(select={"raw": "openid::bytea"}).values_list("raw", flat=True).get()
    assert b"openid-2" not in bytes(stored)
    assert refusal(Api(customer).put("/wechat", {"code": "code-1"})) == (422, "wrong_code")


def test_without_a_mini_program_nobody_is_known_to_wechat() -> None:
    assert refusal(Api(make_customer()).put("/wechat", {"code": "code-1"})) == (409, "not_offered")


def test_preferences_name_what_goes_outside_and_what_is_critical() -> None:
    asker = Api(make_worker().user)
    kinds = {one["kind"]: one for one in body_of(asker.get("/messages/preferences"))}
    assert kinds["rested"] == {"kind": "rested", "label": "听单提醒", "critical": False, "on": True}
    assert kinds["offer_made"]["critical"]
    assert not kinds["income"]["critical"]
    assert "offer_gone" not in kinds
    assert "worker_found" not in kinds


def test_one_opts_out_and_in_again() -> None:
    worker = make_worker().user
    for on in (False, False, True, False):
        answer = body_of(Api(worker).put("/messages/preferences", {"kind": "rested", "on": on}))
        assert {one["kind"]: one["on"] for one in answer}["rested"] is on
    assert [(row.user, row.kind) for row in OptOut.objects.all()] == [(worker, "rested")]


@pytest.mark.parametrize("kind", ["offer_made", "unheard_of"])
def test_what_is_critical_or_unknown_cannot_be_left(kind: str) -> None:
    asker = Api(make_worker().user)
    assert refusal(asker.put("/messages/preferences", {"kind": kind, "on": False})) == (422, "invalid_request")
    assert not OptOut.objects.exists()


def test_staff_have_none_of_it() -> None:
    asker = Api(make_staff())
    for path in ("/subscriptions", "/messages/preferences"):
        assert refusal(asker.get(path)) == (403, "forbidden")
