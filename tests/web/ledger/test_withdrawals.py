"""A worker asks for his money; what he may ask for, who decides, and where the money is meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, terms
from tests.web.people import Api, body_of, make_city, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger import withdrawals
from web.ledger.api import withdrawing
from web.ledger.checking import disagreements
from web.ledger.models import Posting, Withdrawal
from web.ledger.selectors import balances_of, income_of
from web.notifications.models import Message

pytestmark = pytest.mark.django_db

EARNED = 8_720


@pytest.fixture
def worker() -> User:
    """He has earned something."""
    return Story.in_town().settled().worker


def ask(worker: User, amount_fen: int = 5_000, key: str = "one") -> Withdrawal:
    return withdrawals.request_withdrawal(worker=worker, amount_fen=amount_fen, channel="sandbox", key=key)[0]


def approved(worker: User, **fields: Any) -> Withdrawal:
    row = ask(worker, **fields)
    return withdrawals.review_withdrawal(staff=make_staff(), withdrawal_id=row.pk, approve=True, reason="")


def held(kind: str) -> int:
    return -sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


def test_what_is_asked_for_is_no_balance_any_more_and_no_loss_of_income(worker: User) -> None:
    row = ask(worker)
    assert row.state == Withdrawal.REQUESTED
    assert (balances_of(worker).free_fen, held("payouts")) == (EARNED - 5_000, 5_000)
    assert income_of([worker.pk]) == {worker.pk: EARNED}
    shown = body_of(Api(worker).get("/worker/earnings"))["items"][0]
    assert (shown["kind"], shown["amount_fen"]) == ("withdrawal", -5_000)
    assert [event.data["withdrawal"]["state"] for event in heard(f"worker:{worker.pk}")[-1:]] == ["requested"]


def test_what_was_paid_has_left_and_comes_back_no_more(worker: User) -> None:
    row = approved(worker)
    withdrawals.record_waiting(withdrawal_id=row.pk, gateway_no="SB1")
    for _ in range(2):
        withdrawals.record_paid(withdrawal_id=row.pk, gateway_no="SB1")
        withdrawals.record_returned(withdrawal_id=row.pk, gateway_no="SB1")
        withdrawals.record_waiting(withdrawal_id=row.pk, gateway_no="SB1")
    row.refresh_from_db()
    assert (row.state, row.gateway_no) == (Withdrawal.PAID, "SB1")
    assert (balances_of(worker).free_fen, held("payouts"), held("cash")) == (EARNED - 5_000, 0, -(10_900 - 5_000))


@pytest.mark.parametrize("how", ["declined", "returned"])
def test_what_is_not_paid_is_balance_again(worker: User, how: str) -> None:
    row = ask(worker) if how == "declined" else approved(worker)
    for _ in range(2):
        if how == "declined":
            staff = User.objects.filter(role="staff").first() or make_staff()
            withdrawals.review_withdrawal(staff=staff, withdrawal_id=row.pk, approve=False, reason="risk")
        else:
            withdrawals.record_returned(withdrawal_id=row.pk, gateway_no="SB1")
    row.refresh_from_db()
    assert row.state == how
    assert (balances_of(worker).free_fen, held("payouts")) == (EARNED, 0)
    assert ask(worker, key="again").state == Withdrawal.REQUESTED


@pytest.mark.parametrize(
    ("amount", "code"), [(999, "withdrawal_too_small"), (EARNED + 1, "balance_too_small"), (6_001, "withdrawal_limit")]
)
def test_what_may_not_be_asked_for(worker: User, amount: int, code: str) -> None:
    terms("withdrawal", min_fen=1_000, daily_fen=6_000)
    with pytest.raises(DoorbellError, match=code):
        ask(worker, amount)
    assert balances_of(worker).free_fen == EARNED


def test_what_was_asked_for_today_counts_until_it_comes_back(worker: User) -> None:
    terms("withdrawal", daily_fen=6_000)
    first = approved(worker, amount_fen=4_000)
    with pytest.raises(DoorbellError, match="withdrawal_open"):
        ask(worker, 1_000, "two")
    withdrawals.record_paid(withdrawal_id=first.pk, gateway_no="SB1")
    with pytest.raises(DoorbellError, match="withdrawal_limit"):
        ask(worker, 2_001, "two")
    assert ask(worker, 2_000, "two").state == Withdrawal.REQUESTED


def test_what_is_frozen_is_not_his_yet() -> None:
    make_city()
    terms("commission", frozen_s=86_400)
    worker = Story.in_town().settled().worker
    with pytest.raises(DoorbellError, match="balance_too_small") as refused:
        ask(worker, 1_000)
    assert refused.value.details == {"free_fen": 0}


def test_the_same_key_is_the_same_withdrawal_and_no_other(worker: User) -> None:
    assert ask(worker) == ask(worker)
    with pytest.raises(DoorbellError, match="idempotency_mismatch"):
        ask(worker, 5_001)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", [["one", "one", "one"], ["one", "two", "three"]])
def test_several_at_once_are_one(keys: list[str]) -> None:
    worker = Story.in_town().settled().worker
    left = iter(keys)

    def try_it() -> str:
        try:
            ask(worker, 5_000, next(left))
        except DoorbellError as error:
            return error.code
        return "asked"

    answers = at_once(3, try_it)
    others = "asked" if keys == ["one"] * 3 else "withdrawal_open"
    assert sorted(answers) == ["asked", others, others]
    assert (Withdrawal.objects.count(), balances_of(worker).free_fen) == (1, EARNED - 5_000)


@pytest.mark.django_db(transaction=True)
def test_two_who_review_at_once_decide_once() -> None:
    row = ask(Story.in_town().settled().worker)
    says = iter([True, False])
    staff = {True: make_staff(), False: make_staff()}

    def review() -> str:
        approve = next(says)
        try:
            withdrawals.review_withdrawal(staff=staff[approve], withdrawal_id=row.pk, approve=approve, reason="")
        except DoorbellError as error:
            return error.code
        return "decided"

    assert sorted(at_once(2, review)) == ["decided", "withdrawal_decided"]
    assert disagreements() == []


def test_over_http_it_needs_a_key_and_is_seen_by_staff_of_his_city_alone(worker: User) -> None:
    body = {"amount_fen": 5_000, "channel": "sandbox"}
    assert refusal(Api(worker).post("/worker/withdrawals", body)) == (422, "idempotency_key_required")
    made = body_of(Api(worker).post("/worker/withdrawals", body, idempotency_key="k1"))
    assert (made["state"], made["label"]) == ("requested", "待审核")
    mine = body_of(Api(worker).get("/worker/withdrawals"))
    assert (mine["items"], mine["free_fen"]) == ([made], EARNED - 5_000)
    for city, seen in (("hangzhou", [made["id"]]), ("shanghai", [])):
        staff = Api(make_staff(city=city))
        assert [one["id"] for one in body_of(staff.get("/withdrawals"))["items"]] == seen
    unsaid = Api(make_staff(city="hangzhou")).post(f"/withdrawals/{made['id']}/review", {"approve": False})
    assert refusal(unsaid) == (422, "invalid_request")
    declined = Api(make_staff(city="hangzhou")).post(
        f"/withdrawals/{made['id']}/review", {"approve": False, "reason": "identity"}
    )
    assert (body_of(declined)["state"], body_of(declined)["payee"]["id"]) == ("declined", worker.pk)
    told = Message.objects.filter(user=worker).latest("pk")
    assert (told.title, told.body) == ("提现未通过", "您的提现未通过审核：身份信息不一致。¥50.00已退回余额。")
    other = make_worker().user
    assert body_of(Api(other).get("/worker/withdrawals"))["items"] == []
    assert refusal(Api(make_customer()).post("/worker/withdrawals", body, idempotency_key="k2")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (withdrawals.park_withdrawal, "提现处理中"),
        (withdrawals.record_waiting, "提现待确认"),
        (withdrawals.record_paid, "提现已到账"),
        (withdrawals.record_returned, "提现未成功"),
    ],
)
def test_whatever_becomes_of_it_he_has_a_message(worker: User, ends: Callable[..., None], said: str) -> None:
    row, before = approved(worker), Message.objects.count()
    number = {} if ends is withdrawals.park_withdrawal else {"gateway_no": "SB1"}
    for _ in range(2):
        ends(withdrawal_id=row.pk, **number)
    newest = Message.objects.filter(user=worker).latest("pk")
    assert (newest.kind, newest.title, Message.objects.count()) == ("income", said, before + 1)


def test_staff_see_every_page_the_oldest_first(worker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawing, "PAGE", 2)
    made = []
    for key in ("one", "two", "three"):
        made.append(ask(worker, 1_000, key).pk)
        withdrawals.review_withdrawal(staff=make_staff(), withdrawal_id=made[-1], approve=False, reason="risk")
    staff = Api(make_staff(city="hangzhou"))
    first = body_of(staff.get("/withdrawals", state="declined"))
    assert ([one["id"] for one in first["items"]], first["next_after"]) == (made[:2], made[1])
    rest = body_of(staff.get("/withdrawals", state="declined", after=made[1]))
    assert ([one["id"] for one in rest["items"]], rest["next_after"]) == (made[2:], None)
