"""The end that everybody wants: confirmed, settled, closed."""

from datetime import timedelta

import pytest

from tests.web.orders.story import Story, refused, terms
from tests.web.people import make_city, make_customer, make_service, make_worker
from web.ledger.models import Account, Journal, Posting
from web.ledger.selectors import balance_of, unbalanced_journals
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def balance(kind: str) -> int:
    return sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


def test_the_customer_confirms() -> None:
    story = Story.in_town().finished().confirm()
    order = story.order
    assert order.phase == Phase.COMPLETED
    assert order.review_until is not None
    assert order.review_until - order.phase_since == timedelta(days=7)
    assert order.events.get(type="completed").data == {"by_silence": False}


def test_his_silence_confirms_too() -> None:
    story = Story.in_town().finished()
    assert story.step(Move.AUTOCONFIRM, key="autoconfirm").outcome.done
    line = story.order.events.get(type="completed")
    assert (line.data, line.role, line.actor_id) == ({"by_silence": True}, "system", None)


def test_the_worker_cannot_confirm_his_own_work() -> None:
    story = Story.in_town().finished()
    assert refused(story.ask(story.worker, Move.CONFIRM)) == "not_allowed"


def test_settlement_gives_each_his_part_and_leaves_nothing_in_transit() -> None:
    story = Story.in_town().settled()
    assert balance(Account.CASH) == 10_900
    assert balance(Account.IN_TRANSIT) == 0
    assert balance(Account.COMMISSION) == -2_180
    assert balance_of(story.worker) == 8_720
    assert unbalanced_journals() == []


@pytest.mark.parametrize(("price", "share_bp"), [(9_999, 3_333), (1, 5_000), (12_345, 1), (7, 9_999)])
def test_what_was_offered_is_what_is_earned_to_the_fen(price: int, share_bp: int) -> None:
    make_city()
    make_worker(on_duty=True)
    terms("commission", platform_bp=share_bp)
    story = Story.placed(make_customer(), make_service(price_fen=price, visit_fee_fen=0)).pay().offer()
    promised = story.offered.pay_fen
    story.accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert balance_of(story.worker) == promised
    assert balance(Account.COMMISSION) == -(price - promised)


def test_an_order_is_settled_once() -> None:
    story = Story.in_town().settled()
    settled_at = story.order.settled_at
    assert story.step(Move.SETTLE, key="settle").outcome.done  # the stored result
    assert story.order.settled_at == settled_at
    assert Journal.objects.filter(kind="settlement").count() == 1


def test_even_another_key_posts_nothing_twice() -> None:
    story = Story.in_town().settled()
    story.step(Move.SETTLE, key="settle-again")
    assert Journal.objects.filter(kind="settlement").count() == 1
    assert balance_of(story.worker) == 8_720


def test_after_the_review_window_nothing_can_be_asked() -> None:
    story = Story.in_town().settled().close()
    order = story.order
    assert order.ended_at is not None
    assert order.phase == Phase.COMPLETED
    for move in (Move.CONFIRM, Move.CANCEL):
        assert refused(story.ask(order.customer, move)) == "not_allowed"
