"""Whatever a worker is given or loses by what others decide, he reads: how much, and of which order."""

from typing import Any

import pytest

from tests.web.orders.story import Story, terms
from tests.web.people import make_city, make_customer, make_staff
from web.accounts.models import User
from web.notifications import switchboard
from web.notifications.kinds import Channel
from web.notifications.models import Message
from web.workforce.models import PointsEntry
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def told(worker: User, kind: str = "income") -> list[tuple[str, str]]:
    """(title, the last sentence) of what he read, the newest last."""
    mine = Message.objects.filter(user=worker, kind=kind).order_by("pk")
    return [(one.title, one.body.rstrip("。").rpartition("。")[2]) for one in mine]


def refund(story: Story, **choice: int | str) -> None:
    chosen: dict[str, Any] = {"amount_fen": 2_000, "line": 0, "reason": "quality", "bearer": "shared", **choice}
    assert story.ask(make_staff(), Move.REFUND, **chosen).outcome.done


def test_what_is_taken_back_of_his_earning() -> None:
    story = Story.in_town().settled()
    refund(story)
    assert told(story.worker)[-1] == ("收入已扣减", "平台同意向用户退款，您的收入扣减¥16.00")


def test_what_is_taken_back_of_what_is_still_kept() -> None:
    make_city()
    terms("commission", frozen_s=86_400)
    story = Story.in_town().settled()
    refund(story)
    assert told(story.worker)[-1] == ("收入已扣减", "平台同意向用户退款，您的收入扣减¥16.00")


def test_what_is_taken_back_by_an_answer_to_a_case() -> None:
    story = Story.in_town().settled()
    assert story.ask(story.order.customer, Move.CLAIM, typed='{"text": "没擦干净"}', kind="quality").outcome.done
    chosen: dict[str, Any] = {"amount_fen": 2_000, "line": 0, "tip": 0, "reason": "quality", "bearer": "shared"}
    answered = story.ask(
        make_staff(),
        Move.ANSWER_CASE,
        typed='{"text": "退您一部分"}',
        case_id=story.order.open_case_id or 0,
        outcome="refunded",
        **chosen,
    )
    assert answered.outcome.done
    assert told(story.worker)[-1] == ("收入已扣减", "平台同意向用户退款，您的收入扣减¥16.00")


def test_that_it_will_be_less_before_it_is_his() -> None:
    story = Story.in_town().in_service()
    refund(story)
    assert told(story.worker) == [("本单收入将减少", "平台同意向用户退还部分款项，本单收入相应减少")]


def test_a_tip_that_goes_back() -> None:
    story = Story.in_town().settled().tipped()
    refund(story, tip=story.order.tips.get().pk, amount_fen=300)
    assert told(story.worker)[-1] == ("收入已扣减", "平台同意向用户退款，您的收入扣减¥3.00")


def test_what_the_platform_bears_costs_him_nothing_and_he_reads_nothing() -> None:
    story = Story.in_town().settled()
    before = told(story.worker)
    refund(story, bearer="platform")
    assert told(story.worker) == before


def test_who_had_it_reads_what_he_is_given_when_it_ends_without_him() -> None:
    story = Story.in_town(workers=2).in_service()
    first, staff = story.worker, make_staff()
    story.report(first)
    assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    given: dict[str, Any] = {
        "refund_bp": 5_000,
        "worker_share_bp": 8_000,
        "worker_compensation_fen": 1_000,
        "worker_id": first.pk,
    }
    assert story.ask(staff, Move.CALL_OFF, reason="other", **given).outcome.done
    assert told(first) == [
        ("平台补偿您", "平台补偿¥10.00，已计入您的收入"),
        ("订单取消补偿已入账", "订单已取消，¥43.60已计入您的收入"),
    ]


def test_points_that_are_taken_and_why() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    worker = story.worker
    assert story.ask(worker, Move.HAND_BACK, reason="unwell").outcome.done
    lost = -PointsEntry.objects.get(worker_id=worker.pk).points
    assert told(worker, "points") == [("您被扣分", "如有异议请联系平台")]
    assert f"出发后退单，扣{lost}分" in Message.objects.get(kind="points").body


def test_money_goes_outside_the_app_and_what_waits_for_a_word_by_sms_at_last() -> None:
    make_customer()
    board = switchboard.current()
    assert board.channels("compensation") == [Channel.WECHAT, Channel.SMS]
    assert board.channels("income") == board.channels("refund") == board.channels("points") == [Channel.WECHAT]
