"""Staff end an order, from any live phase, and say who bears it."""

from typing import Any

import pytest

from tests.web.orders.story import Story, heard, open_alarms, refused
from tests.web.people import Api, make_staff
from web.api import api
from web.ledger.models import Account, Posting
from web.ledger.selectors import balance_of, unbalanced_journals
from web.orders.models import Offer
from web.orders.services.ending import CALL_OFF_REASONS
from web.orders.services.reassigning import TAKE_OFF_REASONS
from web.payments.models import Refund
from web.scheduling.selectors import holder_of
from workflows.transitions import LIVE, Move, Phase

pytestmark = pytest.mark.django_db

TOTAL = 10_900


def reach(phase: Phase) -> Story:
    """An order in that phase."""
    story = Story.in_town()
    to: list[tuple[Phase, list[str]]] = [
        (Phase.AWAITING_PAYMENT, []),
        (Phase.DISPATCHING, ["pay"]),
        (Phase.ACCEPTED, ["offer", "accept"]),
        (Phase.EN_ROUTE, ["depart"]),
        (Phase.ARRIVED, ["arrive"]),
        (Phase.IN_SERVICE, ["start"]),
        (Phase.AWAITING_CONFIRMATION, ["tick_all", "finish"]),
    ]
    for reached, moves in to:
        for move in moves:
            getattr(story, move)()
        if reached == phase:
            return story
    raise AssertionError(phase)


def call_off(story: Story, *, reason: str = "other", refund_bp: int = 10_000, **choice: int) -> Story:
    shared: dict[str, Any] = {"refund_bp": refund_bp, **choice}
    return story._done(story.ask(make_staff(), Move.CALL_OFF, reason=reason, **shared))


def owed(kind: str) -> int:
    """The balance of an account of the platform's, credit positive."""
    return -sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


@pytest.mark.parametrize("phase", LIVE)
def test_from_every_live_phase_everything_goes_back(phase: Phase) -> None:
    story = reach(phase)
    call_off(story, reason="nobody_available")
    order = story.order
    assert (order.phase, order.cancelled_by, order.cancel_reason) == (Phase.CANCELLED, "staff", "nobody_available")
    assert (order.cancel_fee_fen, holder_of(story.id), open_alarms(story)) == (0, None, [])
    paid = phase != Phase.AWAITING_PAYMENT
    assert [refund.amount_fen for refund in Refund.objects.all()] == ([TOTAL] if paid else [])
    assert owed(Account.IN_TRANSIT) == 0
    assert unbalanced_journals() == []
    assert heard(f"customer:{order.customer_id}")[-1].type == "order.cancelled"


@pytest.mark.parametrize(
    ("refund_bp", "worker_share_bp", "back", "workers"),
    [(10_000, 0, TOTAL, 0), (5_000, 10_000, 5_450, 5_450), (3_333, 5_000, 3_633, 3_633), (0, 2_500, 0, 2_725)],
)
def test_the_money_is_shared_to_the_fen(refund_bp: int, worker_share_bp: int, back: int, workers: int) -> None:
    story = reach(Phase.IN_SERVICE)
    call_off(story, refund_bp=refund_bp, worker_share_bp=worker_share_bp)
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == owed(Account.REFUNDS_PAYABLE) == back
    assert balance_of(story.worker) == workers
    assert owed(Account.FEES) == TOTAL - back - workers
    assert unbalanced_journals() == []


def test_the_workers_share_is_the_policys_unless_it_is_said() -> None:
    story = reach(Phase.IN_SERVICE)
    call_off(story, refund_bp=0)
    assert balance_of(story.worker) == TOTAL * 8_000 // 10_000


def test_before_anybody_has_it_what_is_kept_is_the_platforms() -> None:
    story = reach(Phase.DISPATCHING)
    call_off(story, refund_bp=9_000)
    assert owed(Account.FEES) == 1_090
    assert owed(Account.WORKER_PAYABLE) == 0


def test_an_open_offer_is_withdrawn() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    call_off(story)
    offer.refresh_from_db()
    assert offer.state == Offer.WITHDRAWN
    assert heard(f"worker:{offer.worker_id}")[-1].type == "offer.closed"


def test_what_has_ended_is_not_called_off() -> None:
    story = reach(Phase.AWAITING_CONFIRMATION).confirm()
    assert refused(story.ask(make_staff(), Move.CALL_OFF, reason="other", refund_bp=10_000)) == "not_allowed"


def test_nobody_but_staff_of_the_city_can() -> None:
    story = reach(Phase.ACCEPTED)
    body = {"reason": "other"}
    for somebody, status in (
        (story.order.customer, 403),
        (story.worker, 403),
        (make_staff(city="shanghai"), 404),
        (make_staff(), 202),
    ):
        answer = Api(somebody).post(f"/orders/{story.id}/call-off", body, idempotency_key="k")
        assert answer.status_code == status


def test_of_a_finish_and_a_call_off_the_second_finds_the_order_moved_on() -> None:
    story = Story.in_town().in_service().tick_all()
    finish = story.receive(story.worker, Move.FINISH)
    version = story.order.version
    call_off(story)
    assert story.take(finish, version=version).conflict
    assert refused(story.take(finish)) == "not_allowed"


@pytest.mark.parametrize(
    ("path", "body", "reasons"), [("call-off", "CallOff", CALL_OFF_REASONS), ("take-off", "TakeOff", TAKE_OFF_REASONS)]
)
def test_staff_choose_a_listed_reason_whose_words_the_api_says(path: str, body: str, reasons: dict[str, str]) -> None:
    said = api.get_openapi_schema()["components"]["schemas"][body]["properties"]["reason"]
    assert (said["enum"], said["x-names"]) == (list(reasons), reasons)
    story, staff = Story.in_town().accepted(), Api(make_staff())
    for nothing in ("", "because", "other\n", "otherwise"):
        answer = staff.post(f"/orders/{story.id}/{path}", {"reason": nothing}, idempotency_key="k")
        assert answer.status_code == 422
