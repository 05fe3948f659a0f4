"""售后: a completed order stays answerable until its window ends, and does not close while a case is open."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.web.orders.story import Story, heard, open_alarms, refused, said, terms
from tests.web.people import Api, body_of, make_customer, make_staff, refusal
from tests.web.photos.pictures import sent_photo
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.orders import selectors
from web.orders.after_sales import is_in_warranty
from web.orders.models import AfterSalesCase, Alarm, Command
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TEXT = "浴室没有打扫干净"


def claim(story: Story, *, by: User | None = None, kind: str = "quality") -> StepResult:
    return story.ask(by or story.order.customer, Move.CLAIM, kind=kind, typed=TEXT)


def answer(story: Story, case_id: int, *, by: User | None = None, outcome: str = "noted") -> StepResult:
    return story.ask(
        by or make_staff(), Move.ANSWER_CASE, case_id=case_id, outcome=outcome, typed=said("已联系服务人员")
    )


def claimed() -> tuple[Story, AfterSalesCase]:
    story = Story.in_town().settled()
    assert claim(story).outcome.done
    return story, story.order.cases.get()


def detail(user: User, story: Story) -> dict[str, Any]:
    read: dict[str, Any] = body_of(Api(user).get(f"/orders/{story.id}"))
    return read


def test_a_claim_opens_a_case_and_alarms_the_board() -> None:
    story, case = claimed()
    assert (case.kind, case.text, case.outcome) == ("quality", TEXT, "")
    assert (story.order.open_case_id, story.order.phase, story.types[-1]) == (case.pk, Phase.COMPLETED, "claimed")
    assert open_alarms(story) == [Alarm.CASE_OPEN]
    assert heard(f"order:{story.id}")[-1].type == "order.claimed"


def test_the_customer_reads_the_answer_and_may_claim_again() -> None:
    story, case = claimed()
    assert detail(story.order.customer, story)["allowed_actions"] == ["tip"]
    staff = make_staff()
    assert detail(staff, story)["allowed_actions"] == ["answer_case", "refund"]
    assert answer(story, case.pk, by=staff, outcome="declined").outcome.done
    (card,) = detail(story.order.customer, story)["cases"]
    assert (card["outcome"], card["answer"], card["text"]) == ("declined", "已联系服务人员", TEXT)
    assert open_alarms(story) == []
    assert detail(story.order.customer, story)["allowed_actions"] == ["claim", "tip"]
    assert claim(story, kind="damage").outcome.done
    assert story.order.cases.count() == 2


def test_the_order_does_not_close_while_a_case_is_open_however_late_it_is() -> None:
    story, case = claimed()
    rewrite(story.id, review_until=timezone.now() - timedelta(days=1))
    assert selectors.view_of(story.order).deadlines.review_until is None
    assert story.step(Move.CLOSE).conflict
    assert answer(story, case.pk).outcome.done
    assert selectors.view_of(story.order).deadlines.review_until == story.order.review_until
    story.close()
    assert story.order.ended_at is not None


def test_after_the_window_there_is_no_new_claim() -> None:
    story = Story.in_town().settled()
    rewrite(story.id, review_until=timezone.now() - timedelta(seconds=1))
    assert detail(story.order.customer, story)["allowed_actions"] == ["tip"]
    assert refused(claim(story)) == "claim_too_late"
    assert not story.order.cases.exists()


def test_a_claim_that_came_in_time_counts_whenever_it_is_decided() -> None:
    story = Story.in_town().settled()
    command = story.receive(story.order.customer, Move.CLAIM, kind="other", typed=TEXT)
    moment_later = command.received_at + timedelta(milliseconds=1)
    rewrite(story.id, review_until=moment_later, warranty_until=moment_later)
    assert story.step(Move.CLOSE).conflict  # the actor waits for it
    assert story.take(command).outcome.done
    assert is_in_warranty(story.order.cases.get())


def test_a_claim_that_nobody_counts_on_any_more_keeps_nothing_open() -> None:
    story = Story.in_town().settled()
    command = story.receive(story.order.customer, Move.CLAIM, kind="other", typed=TEXT)
    Command.objects.filter(pk=command.pk).update(received_at=timezone.now() - timedelta(hours=1))
    story.close()


def test_there_is_one_open_case_at_a_time() -> None:
    story, case = claimed()
    result = claim(story)
    assert refused(result) == "case_open"
    assert result.outcome.details == {"case_id": case.pk}
    assert story.order.cases.count() == 1


def test_nobody_answers_so_the_board_is_alarmed_anew_once() -> None:
    terms("after_sales", answer_s=60)
    story, case = claimed()
    (timer,) = selectors.view_of(story.order).timers
    assert (timer.move, timer.due, timer.reference) == (Move.CASE_OVERDUE, case.due_at, case.pk)
    assert story.step(Move.CASE_OVERDUE, key=timer.key, reference=timer.reference).outcome.done
    assert set(open_alarms(story)) == {Alarm.CASE_OPEN, Alarm.CASE_OVERDUE}
    assert selectors.view_of(story.order).timers == []
    assert refused(story.step(Move.CASE_OVERDUE, reference=case.pk)) == "case_closed"
    answer(story, case.pk)
    assert open_alarms(story) == []


def test_an_answer_is_given_once() -> None:
    story, case = claimed()
    assert answer(story, case.pk).outcome.done
    assert refused(answer(story, case.pk, outcome="declined")) == "not_allowed"
    claim(story)
    assert refused(answer(story, case.pk, outcome="declined")) == "case_closed"
    case.refresh_from_db()
    assert case.outcome == "noted"


def test_of_two_who_answer_at_once_one_is_told_that_it_is_done() -> None:
    story, case = claimed()
    first, second = (
        story.receive(make_staff(), Move.ANSWER_CASE, case_id=case.pk, outcome=outcome, typed=said("好"))
        for outcome in ("noted", "declined")
    )
    assert story.take(first).outcome.done
    assert not story.take(second).outcome.done


@pytest.mark.parametrize("phase", [Phase.AWAITING_CONFIRMATION, Phase.IN_SERVICE])
def test_before_the_work_is_confirmed_there_is_nothing_to_claim(phase: Phase) -> None:
    story = Story.in_town().finished() if phase == Phase.AWAITING_CONFIRMATION else Story.in_town().in_service()
    assert refused(claim(story)) == "not_allowed"


def test_an_outsider_can_neither_claim_nor_answer() -> None:
    story, case = claimed()
    body = {"kind": "quality", "text": TEXT}
    assert refusal(Api(make_customer()).post(f"/orders/{story.id}/claims", body)) == (404, "not_found")
    assert refusal(Api(story.worker).post(f"/orders/{story.id}/claims", body)) == (403, "forbidden")
    reply = {"outcome": "noted", "text": "好"}
    there = f"/orders/{story.id}/cases/{case.pk}/answer"
    assert refusal(Api(make_staff(city="shanghai")).post(there, reply)) == (404, "not_found")
    assert refusal(Api(story.order.customer).post(there, reply)) == (403, "forbidden")


def test_a_case_of_another_order_is_not_answered_here() -> None:
    story, _ = claimed()
    other = Story.placed(make_customer(), story.order.service)
    assert other.id != story.id
    assert refused(answer(story, 10**9)) == "case_closed"


def test_a_worker_does_not_read_what_was_said_of_him() -> None:
    story, _ = claimed()
    assert detail(story.worker, story)["cases"] is None
    assert TEXT not in str(detail(story.worker, story))


@pytest.mark.parametrize("body", [{"kind": "revenge", "text": TEXT}, {"kind": "quality", "text": ""}, {"text": TEXT}])
def test_a_claim_has_a_listed_kind_and_a_text(body: dict[str, str]) -> None:
    story = Story.in_town().settled()
    answered = Api(story.order.customer).post(f"/orders/{story.id}/claims", body, idempotency_key="k")
    assert refusal(answered) == (422, "invalid_request")


def test_what_was_written_stands_encrypted() -> None:
    story, case = claimed()
    answer(story, case.pk)
    with connection.cursor() as cursor:
        for table in ("orders_aftersalescase", "orders_command", "orders_orderevent", "hub_event"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{TEXT}%"])  # noqa: S608
            assert cursor.fetchone() == (0,)


def test_photos_of_a_case_are_for_its_customer_and_for_staff() -> None:
    story = Story.in_town().settled()
    customer = story.order.customer
    first, second = sent_photo(customer), sent_photo(customer, size=(48, 64))
    assert story.ask(customer, Move.CLAIM, kind="damage", typed=TEXT, photos=f"{first},{second}").outcome.done
    for reader in (customer, make_staff()):
        (card,) = detail(reader, story)["cases"]
        assert [photo["id"] for photo in card["photos"]] == [first, second]
        assert Api().client.get(card["photos"][0]["small"]).status_code == 200
    assert "/api/photos" not in str(detail(story.worker, story))


def test_a_photo_of_somebody_elses_is_no_photo_of_a_case() -> None:
    story = Story.in_town().settled()
    result = story.ask(
        story.order.customer, Move.CLAIM, kind="damage", typed=TEXT, photos=str(sent_photo(story.worker))
    )
    assert refused(result) == "photo_unknown"
    assert not story.order.cases.exists()
    assert story.order.open_case_id is None
