"""An event becomes messages, in its transaction."""

from collections import Counter
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import hub
from tests.web.orders.story import Story, heard, terms
from tests.web.people import make_city, make_customer, make_worker
from web.accounts.models import User
from web.notifications import services
from web.notifications.concerns import CONCERNS, Reader
from web.notifications.models import Message
from web.orders.services import dispatching
from web.times import spoken
from web.workforce import services as workforce
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def kinds_of(user: User) -> list[str]:
    return [message.kind for message in Message.objects.filter(user=user).order_by("pk")]


def pushed(topic: str) -> list[dict[str, object]]:
    return [event.data["message"] for event in heard(topic, messages=True) if event.type == "message.new"]


def test_an_order_is_told_to_both_from_its_beginning_to_its_end() -> None:
    story = Story.in_town().settled()
    assert kinds_of(story.order.customer) == [
        *["order_placed", "order_paid", "worker_found", "worker_departed", "worker_arrived"],
        *["service_started", "service_finished", "order_completed"],
    ]
    assert kinds_of(story.worker) == ["offer_made", "job_done", "income"]


def test_the_push_is_the_row_on_his_own_topic_alone() -> None:
    story = Story.in_town().accepted()
    for topic, user in ((f"customer:{story.order.customer_id}", story.order.customer), ("worker:", story.worker)):
        rows = Message.objects.filter(user=user).order_by("pk")
        told = pushed(topic if topic != "worker:" else f"worker:{user.pk}")
        assert told == [{"id": row.pk, "kind": row.kind, "title": row.title, "link": row.link} for row in rows]
    assert not pushed("board:hangzhou")
    assert not pushed(f"order:{story.id}")


def test_the_text_says_what_and_when_and_who_in_our_time() -> None:
    story = Story.in_town().accepted()
    found = Message.objects.get(user=story.order.customer, kind="worker_found")
    assert found.title == "服务人员已接单"
    assert found.body == f"王师傅将为您服务：日常保洁，{spoken(story.order.starts_at)}。"
    assert (found.link, found.order_id) == (f"/orders/{story.id}", story.id)
    assert found.read_at is found.planned_at is None


def test_an_offers_message_is_worth_sending_until_the_offer_is_over() -> None:
    story = Story.in_town().pay().offer()
    assert Message.objects.get(kind="offer_made").useful_until == story.offered.due_at


def test_whoever_was_asked_before_hears_that_it_is_gone() -> None:
    story = Story.in_town().pay().offer()
    asked = story.offered.worker
    story.cancel()
    assert kinds_of(asked) == ["offer_made", "offer_gone"]
    assert Message.objects.get(user=asked, kind="offer_gone").title == "派单已撤回"


def test_whom_another_was_faster_than_hears_that_it_is_gone_and_not_who_has_it() -> None:
    terms("dispatch", mode="grab", grab_k=3)
    story = Story.in_town(workers=3).pay().offer()
    first, *others = [offer.worker for offer in story.order.open_offers]
    story.accept()
    assert kinds_of(first) == ["offer_made"]
    for other in others:
        assert kinds_of(other) == ["offer_made", "offer_gone"]
        gone = Message.objects.get(user=other, kind="offer_gone")
        assert gone.title == "派单已被接走"
        assert first.display_name not in gone.body
        assert "order.accepted" not in [event.type for event in heard(f"worker:{other.pk}")]


def test_an_assigned_worker_hears_that_his_job_is_cancelled() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    story.cancel()
    assert Message.objects.filter(user=worker).order_by("-pk")[0].body.endswith("请勿前往。")


def test_a_refusal_is_told_to_nobody() -> None:
    story = Story.in_town(workers=2).pay().offer()
    before = Message.objects.count()
    story.refuse()
    assert Message.objects.count() == before


def test_whoever_is_set_to_rest_has_a_message_of_it() -> None:
    make_city()
    worker = make_worker(on_duty=True)
    for _ in range(3):
        workforce.note_unanswered(worker_id=worker.pk, rest_after=3)
    assert kinds_of(worker.user) == ["rested"]
    assert pushed(f"worker:{worker.pk}")[0]["link"] == "/duty"


def test_a_move_that_is_taken_back_tells_nobody() -> None:
    story = Story.in_town().pay()
    before = Message.objects.count()
    ranking_id = services_ranking(story)
    with mock.patch.object(dispatching, "publish_made", side_effect=RuntimeError), pytest.raises(RuntimeError):
        story.step(Move.OFFER, reference=ranking_id)
    assert Message.objects.count() == before
    assert not pushed(f"worker:{User.objects.get(role='worker').pk}")


def services_ranking(story: Story) -> int:
    from web.orders import services as orders

    ranking_id = orders.store_ranking(order_id=story.id).ranking_id
    assert ranking_id
    return ranking_id


def test_nothing_personal_of_the_customer_is_in_any_text() -> None:
    story = Story.in_town().settled()
    order = story.order
    for message in Message.objects.all():
        told = " ".join((message.title, message.body, message.link, *message.fields.values()))
        for secret in (order.contact_phone, order.contact_name, order.place, order.door, "¥"):
            assert secret not in told, message.kind


def test_a_step_writes_its_messages_in_one_statement_however_many_it_concerns() -> None:
    crowd = [make_customer().pk for _ in range(49)]
    about = services.About(fields={"service": "保洁", "when": "今天", "worker": "王师傅", "district": "西湖区"})
    with CaptureQueriesContext(connection) as asked, hub.atomic():
        services.notify(event="accepted", people={Reader.CUSTOMER: crowd[:1], Reader.ASIDE: crowd[1:]}, about=about)
    assert Message.objects.filter(user__in=crowd).count() == 49
    assert inserts(asked) == Counter({"notifications_message": 1, "hub": 1})
    assert Message.objects.get(user=crowd[0]).kind == "worker_found"


def test_a_hot_step_costs_one_statement_more_and_a_silent_one_none() -> None:
    story = Story.in_town().accepted().depart().arrive()
    with CaptureQueriesContext(connection) as asked:
        story.start()
    assert [sql["sql"].split(" ")[0] for sql in asked if "notifications_" in sql["sql"]] == ["INSERT"]
    with CaptureQueriesContext(connection) as asked:
        story.tick()
    assert not [sql for sql in asked if "notifications_" in sql["sql"]]


def test_an_event_that_the_table_does_not_know_stops_nobody() -> None:
    with hub.atomic():
        services.notify(event="unheard_of", people={Reader.CUSTOMER: [make_customer().pk]}, about=services.About())
    assert "unheard_of" not in CONCERNS
    assert not Message.objects.exists()


def inserts(asked: CaptureQueriesContext) -> Counter[str]:
    """Statements that write, by what they write."""
    sqls = [query["sql"] for query in asked if "INSERT INTO" in query["sql"]]
    return Counter("notifications_message" if "notifications_message" in sql else "hub" for sql in sqls)
