"""Work was begun, and its worker replaced: what it is worth is for staff to weigh, not for the customer's cancel."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.web.orders.story import Story, open_alarms, refused
from tests.web.orders.test_absences import seen
from tests.web.people import Api, body_of, make_address, make_staff, make_worker
from web.accounts.models import User
from web.ledger.checking import disagreements
from web.ledger.selectors import balance_of
from web.orders import services
from web.orders.models import Alarm, Compensation
from web.orders.selectors import view_of
from web.payments.models import Refund
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL = 10_900


def replaced() -> tuple[Story, User]:
    """Half the work is done, and somebody else is looked for; who did it."""
    story, staff = Story.in_town(workers=2).in_service().tick(), make_staff()
    first = story.worker
    story.report(staff)
    assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    assert story.order.phase == Phase.DISPATCHING
    return story, first


def allowed(story: Story) -> list[str]:
    actions: list[str] = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["allowed_actions"]
    return actions


def cancel(story: Story) -> StepResult:
    return story.ask(story.order.customer, Move.CANCEL, reason="changed_mind")


def call_off(story: Story, **choice: Any) -> StepResult:
    return story.ask(make_staff(), Move.CALL_OFF, reason="customer_asked", **choice)


def test_its_customer_asks_the_platform_and_no_button_says_otherwise() -> None:
    story, _ = replaced()
    assert refused(cancel(story)) == "work_begun"
    assert "cancel" not in allowed(story)
    answer = Api(story.order.customer).post(
        f"/orders/{story.id}/cancel", {"reason": "changed_mind"}, idempotency_key="k"
    )
    assert answer.status_code in (202, 409)  # Temporal is away: the step, above, is what decides
    story.offer().accept().depart()
    assert refused(story.ask(story.order.customer, Move.WORKER_ABSENT)) == "work_begun"
    story.arrive()
    assert refused(cancel(story)) == "work_begun"


def test_what_is_half_done_is_finished_where_it_was_begun() -> None:
    story, _ = replaced()
    assert "change_address" not in allowed(story)
    assert refused(story.change_address(make_address(story.order.customer))) == "work_begun"
    story.offer().accept()
    assert refused(story.change_address(make_address(story.order.customer))) == "work_begun"


def test_no_clock_ends_it_where_the_next_worker_finds_nobody_and_staff_decide() -> None:
    story, _ = replaced()
    story.offer().accept().depart().arrive()
    seen(story)
    assert story.ask(story.worker, Move.REPORT_ABSENT).outcome.done
    assert not story.order.absence_proven
    assert Move.CUSTOMER_ABSENT not in [timer.move for timer in view_of(story.order).timers]
    assert Alarm.ABSENCE in open_alarms(story)
    with time_machine.travel(story.order.starts_at + timedelta(days=1)):
        assert story.step(Move.CUSTOMER_ABSENT).conflict


def test_that_his_work_does_not_end_is_nobodys_alarm_when_he_no_longer_has_it() -> None:
    story, staff = Story.in_town(workers=2).in_service(), make_staff()
    with time_machine.travel(story.order.starts_at + timedelta(days=1)):
        assert services.alarm_overdue_visits() == 1
        assert open_alarms(story) == [Alarm.OVERRUN]
        story.report(staff)
        assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
        assert Alarm.OVERRUN not in open_alarms(story)


def test_before_anybody_began_he_cancels_himself() -> None:
    story = Story.in_town(workers=2).accepted().depart().arrive()
    assert "cancel" in allowed(story)
    assert story.ask(make_staff(), Move.TAKE_OFF, reason="unwell", failed=False).outcome.done
    assert "cancel" in allowed(story)
    assert cancel(story).outcome.done


def test_staff_end_it_and_pay_who_did_the_half() -> None:
    story, first = replaced()
    choice = {"refund_bp": 5_000, "worker_share_bp": 10_000, "worker_compensation_fen": 300}
    assert call_off(story, worker_id=first.pk, **choice).outcome.done
    assert (story.order.phase, Refund.objects.get().amount_fen) == (Phase.CANCELLED, TOTAL // 2)
    assert balance_of(first) == TOTAL // 2 + 300
    assert Compensation.objects.get().user == first
    assert disagreements() == []


def test_staff_alone_are_told_who_had_it() -> None:
    story, first = replaced()
    story.offer().accept()
    second = story.order.worker
    assert second is not None
    had_by = body_of(Api(make_staff()).get(f"/orders/{story.id}"))["had_by"]
    assert had_by == [{"id": one.pk, "name": one.display_name} for one in (second, first)]
    for person in (story.order.customer, second):
        assert body_of(Api(person).get(f"/orders/{story.id}"))["had_by"] is None


def test_nobody_is_paid_who_never_had_it() -> None:
    story, _ = replaced()
    story.offer()
    for nobody in (make_worker().user, story.offered.worker):
        assert refused(call_off(story, worker_id=nobody.pk, refund_bp=0)) == "not_allowed"
    assert story.order.phase == Phase.DISPATCHING


def test_a_later_worker_reads_what_was_agreed_and_not_what_was_said() -> None:
    story, first = Story.in_town(workers=2).in_service(), None
    first = story.worker
    story.propose_extra(500, reason="客户家里有两只猫").answer(Move.APPROVE).pay_extra()
    staff = make_staff()
    for reader in (first, story.order.customer, staff):
        assert proposal_of(story, reader)["reason"] == "客户家里有两只猫"
    story.report(staff)
    assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    story.offer().accept()
    shown = proposal_of(story, story.worker)
    assert (shown["reason"], shown["amount_fen"], len(shown["lines"])) == ("", 500, 1)
    for reader in (story.order.customer, staff):
        assert proposal_of(story, reader)["reason"] == "客户家里有两只猫"


def proposal_of(story: Story, reader: User) -> dict[str, Any]:
    (shown,) = body_of(Api(reader).get(f"/orders/{story.id}"))["proposals"]
    return dict(shown)
