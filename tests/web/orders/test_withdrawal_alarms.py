"""提现待审核, 提现打款受阻: a worker's money that waits for people has an owner and a deadline, without an order."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, terms
from tests.web.people import Api, body_of, make_city, make_staff, refusal
from web.accounts.models import User
from web.ledger import withdrawals
from web.ledger.models import Withdrawal
from web.notifications.models import Message
from web.orders.models import Alarm
from web.orders.services import alarm_withdrawal, alarm_withdrawals, escalate_alarms
from web.payments import sandbox
from web.payments.gateways import payout_number
from workflows.activities import payouts as activities
from workflows.messages import PayoutNews

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> User:
    """He has earned something."""
    make_city()
    terms("withdrawal", review_s=3_600)
    return Story.in_town().settled().worker


def asked(worker: User) -> int:
    body = {"amount_fen": 5_000, "channel": "sandbox"}
    return int(body_of(Api(worker).post("/worker/withdrawals", body, idempotency_key="k"))["id"])


def approved(worker: User) -> Withdrawal:
    row, _ = withdrawals.request_withdrawal(worker=worker, amount_fen=5_000, channel="sandbox", key="one")
    return withdrawals.review_withdrawal(staff=make_staff(), withdrawal_id=row.pk, approve=True, reason="")


def alarms(withdrawal_id: int) -> list[Alarm]:
    return list(Alarm.objects.filter(withdrawal_id=withdrawal_id, cleared_at=None))


def told() -> list[str]:
    events = [event for event in heard("board:hangzhou") if event.type.startswith("alarm.")]
    return [event.type for event in events if event.data["alarm"]["withdrawal_id"]]


def test_one_that_waits_for_review_is_a_dispatchers_by_its_deadline_and_names_no_sum(worker: User) -> None:
    number = asked(worker)
    assert asked(worker) == number
    [alarm] = alarms(number)
    row = withdrawals.withdrawal(number)
    assert (alarm.kind, alarm.owner, alarm.worker, alarm.order) == ("withdrawal_due", Alarm.DISPATCHER, worker, None)
    assert alarm.due_at == row.created_at + timedelta(seconds=3_600)
    assert told() == ["alarm.raised"]
    card = heard("board:hangzhou")[-1].data["alarm"]
    assert (card["withdrawal_id"], card["order_id"], card["worker"]["id"]) == (number, None, worker.pk)
    assert "5000" not in str(card)
    [shown] = body_of(Api(make_staff(city="hangzhou")).get("/board/hangzhou"))["alarms"]
    assert shown == card


@pytest.mark.parametrize("approve", [True, False])
def test_whoever_reviews_it_clears_it(worker: User, approve: bool) -> None:
    number, staff = asked(worker), Api(make_staff(city="hangzhou"))
    [alarm] = alarms(number)
    body_of(staff.post(f"/board/alarms/{alarm.pk}/take"))
    assert refusal(staff.post(f"/board/alarms/{alarm.pk}/close", {"note": "看过了"})) == (409, "alarm_stands")
    assert body_of(staff.get(f"/withdrawals/{number}"))["state"] == "requested"
    body_of(staff.post(f"/withdrawals/{number}/review", {"approve": approve, "reason": "" if approve else "risk"}))
    assert (alarms(number), told()) == ([], ["alarm.raised", "alarm.taken", "alarm.cleared"])


def test_one_that_nobody_reviews_is_the_managers(worker: User) -> None:
    number = asked(worker)
    Alarm.objects.update(due_at=timezone.now())
    assert escalate_alarms() == 1
    assert [alarm.owner for alarm in alarms(number)] == [Alarm.MANAGER]


@pytest.mark.parametrize("end", ["success", "failed"])
def test_one_that_does_not_move_stands_until_it_has_an_end(worker: User, end: str) -> None:
    row = approved(worker)
    activities.park_payout(row.pk)
    assert [alarm.kind for alarm in alarms(row.pk)] == ["payout_stuck"]
    news = PayoutNews(end, "SB1")
    (activities.record_payout if end == "success" else activities.return_payout)(row.pk, news)
    assert (alarms(row.pk), told()) == ([], ["alarm.raised", "alarm.cleared"])


@pytest.mark.parametrize("state", ["accepted", "waiting"])
def test_one_whose_channel_answers_again_needs_nobody_and_no_second_message(worker: User, state: str) -> None:
    row = approved(worker)
    activities.move_payout(row.pk)
    if state == "waiting":
        activities.record_payout(row.pk, activities.move_payout(row.pk))
    number = payout_number(row.pk)
    sandbox.misbehave(out_number=number, mood=sandbox.DOWN)
    with pytest.raises(ConnectionError):
        activities.move_payout(row.pk)
    activities.park_payout(row.pk)
    messages = Message.objects.filter(user=worker).count()
    sandbox.behave(out_number=number)
    activities.move_payout(row.pk)
    row.refresh_from_db()
    assert (row.needs_ops, alarms(row.pk), told()) == (False, [], ["alarm.raised", "alarm.cleared"])
    assert Message.objects.filter(user=worker).count() == messages


def test_what_a_crash_kept_from_being_told_the_sweep_tells_once(worker: User) -> None:
    row, _ = withdrawals.request_withdrawal(worker=worker, amount_fen=5_000, channel="sandbox", key="one")
    assert (alarm_withdrawals(), alarm_withdrawals()) == (1, 0)
    withdrawals.review_withdrawal(staff=make_staff(), withdrawal_id=row.pk, approve=True, reason="")
    assert (alarm_withdrawals(), alarms(row.pk)) == (0, [])
    withdrawals.park_withdrawal(withdrawal_id=row.pk)
    assert (alarm_withdrawals(), [alarm.kind for alarm in alarms(row.pk)]) == (1, ["payout_stuck"])


def test_another_citys_staff_see_neither_it_nor_its_alarm(worker: User) -> None:
    number, elsewhere = asked(worker), Api(make_staff(city="shanghai"))
    [alarm] = alarms(number)
    assert refusal(elsewhere.post(f"/board/alarms/{alarm.pk}/take")) == (404, "not_found")
    assert refusal(elsewhere.get(f"/withdrawals/{number}")) == (404, "not_found")
    assert refusal(Api(worker).get(f"/withdrawals/{number}")) == (403, "forbidden")


@pytest.mark.django_db(transaction=True)
def test_looked_at_by_many_at_once_it_is_one_alarm() -> None:
    row = withdrawals.request_withdrawal(
        worker=Story.in_town().settled().worker, amount_fen=5_000, channel="sandbox", key="one"
    )[0]
    at_once(5, lambda: alarm_withdrawal(withdrawal_id=row.pk))
    assert told() == ["alarm.raised"]
