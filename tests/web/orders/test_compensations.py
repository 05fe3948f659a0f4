"""A customer is compensated: to his wallet by itself, or by hand, once; and nobody forgets it with a note."""

from typing import Any

import pytest
import time_machine

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, open_alarms
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.errors import DoorbellError
from web.ledger import withdrawals
from web.ledger.checking import disagreements
from web.ledger.models import Account, Posting, Withdrawal
from web.notifications.models import Message
from web.orders.models import Alarm, Compensation
from web.orders.services import alarm_unpaid_compensation
from web.orders.services.compensating import pay_again, record_paid_otherwise
from web.payments import sandbox
from web.payments.gateways import payout_number
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

OWED = 3_000


def let_down(*, workers: int = 2) -> Story:
    """Its worker did not come."""
    return no_show(Story.in_town(workers=workers).accepted())


def no_show(story: Story) -> Story:
    assert story.step(Move.DID_NOT_ARRIVE).outcome.done
    return story


def payout_of(story: Story) -> Withdrawal:
    return Withdrawal.objects.filter(order_id=story.id).order_by("-pk")[0]


def held(kind: str, owner: int) -> int:
    return -sum(Posting.objects.filter(account__kind=kind, account__owner=owner).values_list("amount_fen", flat=True))


def compensation(story: Story, staff: Any = None) -> dict[str, Any]:
    by = Api(staff or story.order.customer)
    shown: list[dict[str, Any]] = body_of(by.get(f"/orders/{story.id}"))["compensations"]
    return shown[-1]


def returned(story: Story) -> Withdrawal:
    """The channel would not pay."""
    row = payout_of(story)
    withdrawals.record_returned(withdrawal_id=row.pk, gateway_no="SB1")
    alarm_unpaid_compensation(order_id=story.id)
    return row


def paid(row: Withdrawal) -> None:
    """The channel has paid it, by its own books, too."""
    number = payout_number(row.pk)
    sandbox.pay_out(out_number=number, amount_fen=row.amount_fen)
    sandbox.end_payout(out_number=number, state=sandbox.SUCCESS)
    withdrawals.record_paid(withdrawal_id=row.pk, gateway_no="SB1")


def told(story: Story) -> list[str]:
    mine = Message.objects.filter(user=story.order.customer, kind="compensation")
    return list(mine.order_by("pk").values_list("title", flat=True))


def test_it_is_on_its_way_to_the_customers_wallet_from_the_step_that_found_it() -> None:
    story = let_down()
    row, customer = payout_of(story), story.order.customer
    assert (row.state, row.channel, row.amount_fen, row.payee_id) == ("approved", "sandbox", OWED, customer.pk)
    with time_machine.travel(row.created_at.timestamp() + 6):
        assert withdrawals.under_way() == [row]
    assert (held(Account.PAYOUTS, customer.pk), held(Account.REFUNDS_PAYABLE, customer.pk)) == (OWED, 0)
    shown = compensation(story)
    assert (shown["state"], shown["label"], shown["payout_id"]) == ("approved", "打款中", row.pk)
    assert told(story) == ["平台补偿您"]
    assert open_alarms(story).count(Alarm.COMPENSATION_DUE) == 1
    assert disagreements() == []


def test_once_it_is_there_the_alarm_is_over_and_he_has_heard_each_step() -> None:
    story = let_down()
    row, customer = payout_of(story), story.order.customer
    withdrawals.record_waiting(withdrawal_id=row.pk, gateway_no="SB1")
    alarm_unpaid_compensation(order_id=story.id)
    assert (compensation(story)["label"], Alarm.COMPENSATION_DUE in open_alarms(story)) == ("待收款确认", True)
    for _ in range(2):
        paid(row)
        alarm_unpaid_compensation(order_id=story.id)
    assert compensation(story)["label"] == "已到账"
    assert Alarm.COMPENSATION_DUE not in open_alarms(story)
    assert told(story) == ["平台补偿您", "补偿款待您确认收款", "补偿款已支付"]
    states = [
        event.data["withdrawal"]["state"] for event in heard(f"customer:{customer.pk}") if "withdrawal" in event.type
    ]
    assert states == ["approved", "waiting", "paid"]
    assert (held(Account.PAYOUTS, customer.pk), held(Account.COMPENSATION, 0)) == (0, -OWED)
    assert disagreements() == []


def test_what_the_channel_did_not_pay_is_owed_again_and_staff_have_it_paid_again() -> None:
    story = let_down()
    row, staff = returned(story), make_staff(city="hangzhou")
    assert held(Account.REFUNDS_PAYABLE, story.order.customer_id) == OWED
    assert (compensation(story)["label"], Alarm.COMPENSATION_DUE in open_alarms(story)) == (
        "打款失败，平台处理中",
        True,
    )
    again = body_of(Api(staff).post(f"/compensations/{compensation(story)['id']}/pay-out", {"channel": "sandbox"}))
    assert (again["state"], again["payout_id"]) == ("approved", payout_of(story).pk)
    assert again["payout_id"] != row.pk
    paid(payout_of(story))
    assert told(story)[-2:] == ["补偿款未能到账", "补偿款已支付"]
    assert disagreements() == []


def test_a_note_alone_does_not_close_the_alarm_and_what_was_paid_otherwise_is_booked() -> None:
    story, staff = let_down(), make_staff(city="hangzhou")
    alarm = Alarm.objects.get(kind=Alarm.COMPENSATION_DUE)
    close = f"/board/alarms/{alarm.pk}/close"
    path = f"/compensations/{compensation(story)['id']}/paid-otherwise"
    assert refusal(Api(staff).post(close, {"note": "已转账"})) == (409, "compensation_unpaid")
    # While its payout could still succeed nobody pays it a second time.
    assert refusal(Api(staff).post(path, {"note": "已转账"})) == (409, "payout_open")
    returned(story)
    assert refusal(Api(staff).post(close, {"note": "已转账"})) == (409, "compensation_unpaid")
    paid = body_of(Api(staff).post(path, {"note": "银行转账 20261129"}))
    assert (paid["state"], paid["label"]) == ("paid", "已到账")
    row = payout_of(story)
    assert (row.channel, row.note, row.reviewed_by) == (Withdrawal.OTHERWISE, "银行转账 20261129", staff)
    assert Alarm.COMPENSATION_DUE not in open_alarms(story)
    assert told(story)[-1] == "补偿款已支付"
    assert refusal(Api(staff).post(path, {"note": "再来一次"})) == (409, "compensation_paid")
    assert disagreements() == []


def test_nobody_else_has_it_paid_or_says_so() -> None:
    story = let_down()
    returned(story)
    one = compensation(story)["id"]
    for path, body in (("pay-out", {"channel": "sandbox"}), ("paid-otherwise", {"note": "x"})):
        assert refusal(Api(story.order.customer).post(f"/compensations/{one}/{path}", body)) == (403, "forbidden")
        staff = Api(make_staff(city="shanghai"))
        assert refusal(staff.post(f"/compensations/{one}/{path}", body)) == (404, "not_found")
    assert Withdrawal.objects.count() == 1


def test_a_workers_compensation_is_among_his_earnings_and_no_payout() -> None:
    story, staff = Story.in_town().accepted(), make_staff(city="hangzhou")
    given: dict[str, Any] = {"customer_compensation_fen": 700, "worker_compensation_fen": 500}
    assert story.ask(staff, Move.CALL_OFF, reason="dispute", refund_bp=10_000, **given).outcome.done
    his = Compensation.objects.get(user=story.order.worker)
    with pytest.raises(DoorbellError, match="not_found"):
        pay_again(staff=staff, compensation_id=his.pk, channel="sandbox")
    assert [one["state"] for one in body_of(Api(staff).get(f"/orders/{story.id}"))["compensations"]] == [
        "approved",
        "earned",
    ]
    assert disagreements() == []


def test_who_never_paid_has_no_wallet_that_we_know_and_people_pay_him() -> None:
    story, staff = Story.in_town(), make_staff(city="hangzhou")
    assert story.ask(staff, Move.CALL_OFF, reason="other", refund_bp=10_000, customer_compensation_fen=700).outcome.done
    assert (compensation(story)["state"], compensation(story)["label"]) == ("owed", "待支付")
    record_paid_otherwise(staff=staff, compensation_id=compensation(story)["id"], note="微信转账")
    assert (compensation(story)["state"], open_alarms(story)) == ("paid", [])
    assert disagreements() == []


def test_each_workers_no_show_is_compensated_and_the_alarm_stands_until_both_are_paid() -> None:
    story, staff = let_down(workers=3), make_staff(city="hangzhou")
    assert story.ask(staff, Move.TAKE_OFF, reason="not_arrived", failed=True).outcome.done
    assert no_show(story.offer().accept()).order.phase == Phase.ACCEPTED
    first, second = Withdrawal.objects.filter(order_id=story.id).order_by("pk")
    assert (first.amount_fen, second.amount_fen) == (OWED, OWED)
    for row, over in ((first, False), (second, True)):
        paid(row)
        alarm_unpaid_compensation(order_id=story.id)
        assert (Alarm.COMPENSATION_DUE not in open_alarms(story)) is over
    assert disagreements() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_have_it_paid_at_once_one_does() -> None:
    story, staff = let_down(), make_staff(city="hangzhou")
    returned(story)
    owed = compensation(story)["id"]

    def pay(how: int) -> str:
        try:
            if how:
                pay_again(staff=staff, compensation_id=owed, channel="sandbox")
            else:
                record_paid_otherwise(staff=staff, compensation_id=owed, note="银行转账")
        except DoorbellError as error:
            return error.code
        return "paid"

    ways = iter((0, 1, 1))
    answers = at_once(3, lambda: pay(next(ways)))
    assert answers.count("paid") == 1
    assert set(answers) <= {"paid", "payout_open", "compensation_paid"}
    assert Withdrawal.objects.exclude(state=Withdrawal.RETURNED).count() == 1
    assert disagreements() == []


def test_staff_see_it_in_the_list_of_payouts_and_strangers_do_not() -> None:
    story = let_down()
    rows = body_of(Api(make_staff(city="hangzhou")).get("/withdrawals", state="approved"))["items"]
    assert [(row["order_id"], row["payee"]["id"]) for row in rows] == [(story.id, story.order.customer_id)]
    assert body_of(Api(make_staff(city="shanghai")).get("/withdrawals", state="approved"))["items"] == []
    assert not withdrawals.visible_to(make_customer()).exists()
    assert not withdrawals.visible_to(make_worker().user).exists()


def test_one_that_does_not_move_is_in_the_staffs_detail_with_its_number_and_the_board_hears_no_sum() -> None:
    story = let_down()
    row = payout_of(story)
    withdrawals.park_withdrawal(withdrawal_id=row.pk)
    staff = Api(make_staff(city="hangzhou"))
    [stuck] = body_of(staff.get(f"/orders/{story.id}"))["stuck_money"]
    assert (stuck["what"], stuck["id"], stuck["amount_fen"]) == ("payout", row.pk, OWED)
    assert body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["stuck_money"] is None
    told = [event.data["withdrawal"] for event in heard("board:hangzhou") if event.type == "withdrawal.changed"]
    assert told[-1] == {"id": row.pk, "order_id": story.id, "state": "approved", "needs_ops": True}
    withdrawals.record_returned(withdrawal_id=row.pk, gateway_no="SB1")
    assert body_of(staff.get(f"/orders/{story.id}"))["stuck_money"] == []
    assert heard("board:hangzhou")[-1].data["withdrawal"]["state"] == "returned"
