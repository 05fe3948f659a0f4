"""What a worker is shown is what the ledger says, to the fen."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_city, make_customer, make_service, make_staff, make_worker, refusal
from web.accounts.models import User
from web.ledger import selectors
from web.ledger import services as ledger
from web.ledger.models import Account, Posting

pytestmark = pytest.mark.django_db


def in_the_ledger(worker: User) -> int:
    """Counted with nothing but the rows."""
    rows = Posting.objects.filter(account__kind=Account.WORKER_PAYABLE, account__owner=worker.pk)
    return -sum(rows.values_list("amount_fen", flat=True))


def test_the_balance_and_the_lines_equal_the_ledger() -> None:
    make_city()
    worker = make_worker(on_duty=True).user
    service = make_service()
    whole = Story.placed(make_customer(), service).settled()
    broken = Story.placed(make_customer(), service).accepted().depart().cancel()
    earnings = body_of(Api(worker).get("/worker/earnings"))
    assert earnings["balance_fen"] == in_the_ledger(worker) == 8_720 + 2_400
    assert [(item["order_id"], item["kind"], item["amount_fen"]) for item in earnings["items"]] == [
        (broken.id, "cancellation", 2_400),
        (whole.id, "settlement", 8_720),
    ]
    assert sum(item["amount_fen"] for item in earnings["items"]) == earnings["balance_fen"]


def test_what_was_promised_with_the_offer_is_what_is_there() -> None:
    story = Story.in_town(price_fen=9_999, visit_fee_fen=0).pay().offer()
    promised, worker = story.offered.pay_fen, story.offered.worker
    story.accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert selectors.balance_of(worker) == promised


def test_nobody_sees_another_workers_earnings() -> None:
    story = Story.in_town().settled()
    other = make_worker().user
    assert body_of(Api(other).get("/worker/earnings")) == {"balance_fen": 0, "frozen_fen": 0, "items": []}
    for user in (story.order.customer, make_staff()):
        assert refusal(Api(user).get("/worker/earnings")) == (403, "forbidden")


def test_a_worker_sees_only_his_own_lines_of_the_ledger() -> None:
    story = Story.in_town().settled()
    assert set(selectors.visible_to(story.worker).values_list("account__kind", flat=True)) == {"worker_payable"}
    assert not selectors.visible_to(make_worker().user).exists()
    assert not selectors.visible_to(story.order.customer).exists()
    assert selectors.visible_to(make_staff()).count() == Posting.objects.count()
    assert not selectors.visible_to(make_staff(city="hangzhou")).exists()


def test_the_income_of_thirty_days_is_read_for_many_at_once() -> None:
    workers = [1, 2, 3]
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        ledger.post_settlement(order_id=1, worker_id=1, total_fen=100, commission_fen=0)
    ledger.post_settlement(order_id=2, worker_id=1, total_fen=70, commission_fen=0)
    ledger.post_settlement(order_id=3, worker_id=2, total_fen=50, commission_fen=20)
    assert selectors.income_of(workers) == {1: 70, 2: 30}
    assert selectors.income_of(workers, days=60) == {1: 170, 2: 30}
