"""The conversation of an order, and the photos of its exceptions and steps."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

import hub
from hub.models import Event
from tests.web.orders.story import Story, heard, refused
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from tests.web.photos.pictures import sent_photo
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.errors import DoorbellError
from web.notifications.models import Message as Note
from web.orders.models import Message, OrderEvent
from web.orders.services import conversation
from web.orders.topics import may_read_order
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

SECRET = "门禁密语 7788"


def say(user: User, story: Story, text: str = SECRET, *, key: str = "", photos: list[int] | None = None) -> Any:
    key = key or f"key-{Message.objects.count()}-{timezone.now().timestamp()}"
    body = {"text": text, "photos": photos or []}
    return Api(user).post(f"/orders/{story.id}/messages", body, idempotency_key=key)


def read(user: User, story: Story, **query: int) -> Any:
    return body_of(Api(user).get(f"/orders/{story.id}/messages", **query))


def ended(story: Story, ago: timedelta) -> None:
    """The visit ended so long ago."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        OrderEvent.objects.filter(order_id=story.id, type="completed").update(at=timezone.now() - ago)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_the_three_talk_to_each_other() -> None:
    story, staff = Story.in_town().accepted(), make_staff(display_name="调度员甲")
    customer, worker = story.order.customer, story.worker
    for user, text in ((customer, "在路上了吗"), (worker, "十分钟到"), (staff, "您好")):
        assert say(user, story, text).status_code == 201
    for reader in (customer, worker, staff):
        items = read(reader, story)["items"]
        assert [item["text"] for item in items] == ["您好", "十分钟到", "在路上了吗"]
        assert [item["by"] for item in items] == ["调度员甲", "王师傅", "用户"]
        assert [item["mine"] for item in items] == [reader == who for who in (staff, worker, customer)]


def rows_of(user: User) -> list[tuple[str, bool]]:
    """His messages in the message centre about conversations: (title and body, read)."""
    rows = Note.objects.filter(user=user, kind="conversation").order_by("pk")
    return [(row.title + row.body, row.read_at is not None) for row in rows]


def test_whoever_does_not_look_has_one_unread_message_however_much_is_said() -> None:
    story = Story.in_town().accepted()
    customer, worker = story.order.customer, story.worker
    for text in ("在路上了吗", SECRET):
        say(customer, story, text)
    ((text, seen),) = rows_of(worker)
    assert not seen
    assert SECRET not in text
    assert rows_of(customer) == []
    pushed = [event for event in heard(f"worker:{worker.pk}", messages=True) if event.type == "message.new"]
    assert [event.data["message"]["kind"] for event in pushed].count("conversation") == 1
    read(worker, story)
    assert [seen for _, seen in rows_of(worker)] == [True]
    say(customer, story, "还在吗")
    assert [seen for _, seen in rows_of(worker)] == [False]
    say(make_staff(), story, "您好")
    assert ([seen for _, seen in rows_of(worker)], [seen for _, seen in rows_of(customer)]) == ([False], [False])


def test_who_is_off_the_order_is_told_of_nothing_more() -> None:
    story = Story.in_town(workers=2).accepted()
    worker = story.worker
    assert story.ask(make_staff(), Move.TAKE_OFF, reason="unwell", failed=False).outcome.done
    say(story.order.customer, story)
    assert rows_of(worker) == []


def test_the_topic_says_that_there_is_one_and_not_what_it_says() -> None:
    story = Story.in_town().accepted()
    before = read(story.worker, story)["stream"]
    said = body_of(say(story.order.customer, story))
    events = [event for event in heard(f"conversation:{story.id}") if event.offset > before["offset"]]
    assert [(event.type, event.data) for event in events] == [
        ("message.posted", {"message_id": said["id"], "role": "customer", "has_text": True, "photos": 0})
    ]
    assert not any("密语" in str(event.data) for event in Event.objects.all())
    assert read(story.worker, story)["stream"]["offset"] == events[-1].offset


def test_texts_are_sealed_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    story = Story.in_town().accepted()
    say(story.order.customer, story)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM orders_message")
        assert "密语" not in cursor.fetchone()[0]
    assert "密语" not in caplog.text


def test_the_position_is_read_before_the_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story.in_town().accepted()
    heads = hub.heads

    def and_then_somebody_speaks(topics: list[str]) -> Any:
        found = heads(topics)
        say(story.worker, story, "刚说的")
        return found

    monkeypatch.setattr(hub, "heads", and_then_somebody_speaks)
    page = read(story.order.customer, story)
    monkeypatch.undo()
    assert [item["text"] for item in page["items"]] == ["刚说的"]
    assert page["stream"]["offset"] < heard(f"conversation:{story.id}")[-1].offset


def test_the_same_key_says_it_once() -> None:
    story = Story.in_town().accepted()
    customer = story.order.customer
    first, again = say(customer, story, key="one-tap"), say(customer, story, key="one-tap")
    assert (first.status_code, again.status_code) == (201, 200)
    assert body_of(first)["id"] == body_of(again)["id"]
    assert refusal(say(customer, story, "anders", key="one-tap")) == (422, "idempotency_mismatch")
    assert len(heard(f"conversation:{story.id}")) == Message.objects.count() == 1


def test_outsiders_neither_write_nor_read_nor_follow() -> None:
    story = Story.in_town().accepted()
    say(story.order.customer, story)
    for stranger in (make_customer(), make_worker().user, make_staff(city="shanghai")):
        assert refusal(say(stranger, story)) == (404, "not_found")
        assert refusal(Api(stranger).get(f"/orders/{story.id}/messages")) == (404, "not_found")
    found = hub.topics.find(f"conversation:{story.id}")
    assert found is not None
    assert found.pattern.may_read is may_read_order
    assert found.kind is hub.ORDERED


def test_a_worker_who_is_off_the_order_is_out_of_its_conversation() -> None:
    story = Story.in_town().accepted()
    worker, order = story.worker, story.order
    rewrite(story.id, worker=None)
    assert refusal(say(worker, story)) == (404, "not_found")
    # He asked while he still had it, and was taken off before it was written.
    with pytest.raises(DoorbellError, match="conversation_closed"):
        conversation.post_message(author=worker, order=order, key="k", text="x", photo_ids=[])


def test_it_opens_with_the_payment_and_closes_a_day_after_the_visit() -> None:
    story = Story.in_town()
    customer = story.order.customer
    assert refusal(say(customer, story)) == (409, "conversation_closed")
    story.finished().confirm().settle().close()
    page = read(customer, story)
    assert (page["open"], page["open_until"] is None) == (True, False)
    assert say(customer, story).status_code == 201
    ended(story, timedelta(hours=25))
    assert refusal(say(customer, story)) == (409, "conversation_closed")
    page = read(customer, story)
    assert (page["open"], len(page["items"])) == (False, 1)


def test_pages_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.orders.api.conversation.PAGE", 2)
    story = Story.in_town().accepted()
    for number in range(3):
        say(story.worker, story, str(number))
    page = read(story.worker, story)
    assert [item["text"] for item in page["items"]] == ["2", "1"]
    rest = read(story.worker, story, before=page["next_before"])
    assert ([item["text"] for item in rest["items"]], rest["next_before"]) == (["0"], None)


def test_nobody_floods_it() -> None:
    story = Story.in_town().accepted()
    answers = [say(story.worker, story, str(number)).status_code for number in range(21)]
    assert answers == [201] * 20 + [429]


@pytest.mark.parametrize("body", [{}, {"text": "  "}, {"text": "x" * 1001}, {"photos": [1] * 10}, {"text": "\x00"}])
def test_what_says_nothing_or_too_much_is_refused(body: dict[str, Any]) -> None:
    story = Story.in_town().accepted()
    answer = Api(story.worker).post(f"/orders/{story.id}/messages", body, idempotency_key="k")
    assert refusal(answer) == (422, "invalid_request")


# Photos.


def test_photos_travel_with_a_message_and_are_shown_by_fresh_links() -> None:
    story = Story.in_town().accepted()
    photo = sent_photo(story.worker)
    assert say(story.worker, story, "", photos=[photo]).status_code == 201
    shown = read(story.order.customer, story)["items"][0]["photos"]
    assert [one["id"] for one in shown] == [photo]
    assert Api().client.get(shown[0]["small"]).status_code == 200


def test_somebody_elses_photo_cannot_be_sent() -> None:
    story = Story.in_town().accepted()
    photo = sent_photo(story.order.customer)
    assert refusal(say(story.worker, story, photos=[photo])) == (422, "photo_unknown")
    assert refusal(say(story.worker, story, photos=[10**9])) == (422, "photo_unknown")
    assert not Message.objects.exists()


def test_a_report_carries_photos_that_its_author_and_staff_see() -> None:
    story = Story.in_town().in_service()
    photo = sent_photo(story.worker)
    foreign = sent_photo(story.order.customer, (10, 10))
    asked = story.ask(story.worker, Move.REPORT_EXCEPTION, type="damage", photos=str(foreign))
    assert refused(asked) == "photo_unknown"
    assert not story.order.exceptions.exists()
    assert story.ask(story.worker, Move.REPORT_EXCEPTION, type="damage", photos=f"{photo}").outcome.done
    seen = {
        user.role: [one["id"] for one in body_of(Api(user).get(f"/orders/{story.id}"))["exceptions"][0]["photos"]]
        for user in (story.worker, make_staff(), story.order.customer)
    }
    assert seen == {"worker": [photo], "staff": [photo], "customer": []}


def test_a_worker_shows_a_step_before_and_after() -> None:
    story = Story.in_town().in_service()
    worker, before, after = story.worker, sent_photo(story.worker), sent_photo(story.worker, (10, 10))
    path = f"/orders/{story.id}/steps/1/photos"
    for stage, photo in (("before", before), ("after", after), ("after", after)):
        assert Api(worker).post(path, {"stage": stage, "photos": [photo]}).status_code == 204
    records = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["records"]
    told = [[(one["stage"], one["photo"]["id"]) for one in record["photos"]] for record in records]
    assert told == [[("before", before), ("after", after)], []]
    assert {event.type for event in heard(f"conversation:{story.id}")} == {"step.photos"}


def test_a_step_that_is_not_there_or_not_yet_has_no_photos() -> None:
    story = Story.in_town().accepted()
    worker, photo = story.worker, sent_photo(story.worker)
    body = {"stage": "before", "photos": [photo]}
    assert refusal(Api(worker).post(f"/orders/{story.id}/steps/1/photos", body)) == (409, "not_allowed")
    story.depart().arrive()
    assert refusal(Api(worker).post(f"/orders/{story.id}/steps/9/photos", body)) == (409, "step_unknown")
    assert refusal(Api(make_worker().user).post(f"/orders/{story.id}/steps/1/photos", body)) == (404, "not_found")


def test_who_comes_later_reads_nothing_that_was_said_to_another() -> None:
    story = Story.in_town(workers=2).accepted()
    assert say(story.order.customer, story).status_code == 201
    story.ask(make_staff(), Move.TAKE_OFF, reason="other", failed=False)
    story.offer().accept()
    assert body_of(Api(story.worker).get(f"/orders/{story.id}/messages"))["items"] == []
    assert len(body_of(Api(story.order.customer).get(f"/orders/{story.id}/messages"))["items"]) == 1
