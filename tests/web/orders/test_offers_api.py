"""The worker's offers over HTTP. What the offer's row refuses, it refuses without Temporal, which is away here."""

import json
from typing import Any

import pytest

from tests.web.orders.story import Story, heard
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.orders.models import Command, Offer

pytestmark = pytest.mark.django_db


BODIES = {"accept": {}, "refuse": {"reason": "busy"}}


def answer(worker: User, offer: Offer, what: str = "accept") -> Any:
    return Api(worker).post(f"/offers/{offer.pk}/{what}", BODIES[what], idempotency_key="k-1")


def test_an_open_offer_is_shown_with_pay_and_way_and_without_the_address() -> None:
    story = Story.in_town(workers=2).pay().offer()
    page = body_of(Api(story.offered.worker).get("/worker/offers"))
    (card,) = page["items"]
    assert card["id"] == story.offered.pk
    assert card["order_id"] == story.id
    assert card["pay_fen"] == 8_720
    assert {"distance_m", "travel_s", "district", "due_at", "starts_at"} <= set(card)
    assert (card["lng"], card["lat"]) == (120.15, 30.27)
    assert not {"place", "door", "contact", "phone", "total_fen"} & set(card)
    assert page["reasons"] == Offer.REASONS
    assert page["stream"]["topic"] == f"worker:{story.offered.worker_id}"


def test_what_comes_on_the_socket_is_the_same_card() -> None:
    story = Story.in_town().pay().offer()
    (card,) = body_of(Api(story.offered.worker).get("/worker/offers"))["items"]
    made = next(event for event in heard(f"worker:{story.offered.worker_id}") if event.type == "offer.made")
    assert made.data["offer"] == card


def test_the_stream_stands_before_the_offers() -> None:
    story = Story.in_town().pay()
    worker = User.objects.get(role="worker")
    before = body_of(Api(worker).get("/worker/offers"))["stream"]
    assert before["offset"] == len(heard(f"worker:{worker.pk}", messages=True))
    story.offer()
    after = body_of(Api(worker).get("/worker/offers"))["stream"]
    assert after["epoch"] == before["epoch"]
    since = heard(f"worker:{worker.pk}", messages=True)[before["offset"] :]
    assert [event.type for event in since] == ["order.offered", "message.new", "offer.made"]
    assert after["offset"] == before["offset"] + 3


def test_another_worker_sees_none_of_it() -> None:
    story = Story.in_town().pay().offer()
    other = make_worker(on_duty=True).user
    assert body_of(Api(other).get("/worker/offers"))["items"] == []
    assert refusal(Api(story.order.customer).get("/worker/offers")) == (403, "forbidden")


def test_the_order_itself_is_not_his_before_he_accepts() -> None:
    story = Story.in_town().pay().offer()
    assert refusal(Api(story.offered.worker).get(f"/orders/{story.id}")) == (404, "not_found")


@pytest.mark.parametrize("what", ["accept", "refuse"])
def test_somebody_elses_offer_is_not_found(what: str) -> None:
    story = Story.in_town().pay().offer()
    assert refusal(answer(make_worker().user, story.offered, what)) == (404, "not_found")
    for user in (make_customer(), make_staff()):
        assert refusal(answer(user, story.offered, what)) == (403, "forbidden")
    assert not Command.objects.exists()


def lapsed(story: Story) -> None:
    story.lapse()


def taken(story: Story) -> None:
    story.accept()


def withdrawn(story: Story) -> None:
    story.cancel()


def given_away(story: Story) -> None:
    story.assign(make_worker(on_duty=True).user, by=make_staff())


@pytest.mark.parametrize("what", ["accept", "refuse"])
@pytest.mark.parametrize(
    ("change", "state"),
    [(lapsed, "lapsed"), (taken, "accepted"), (withdrawn, "withdrawn"), (given_away, "withdrawn")],
)
def test_an_offer_that_is_over_is_refused_by_its_row(change: Any, state: str, what: str) -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    change(story)
    known = Command.objects.count()
    answered = answer(offer.worker, offer, what)
    assert refusal(answered) == (409, "offer_closed")
    assert json.loads(answered.content)["details"] == {"state": state}
    assert Command.objects.count() == known


def test_a_refused_offer_cannot_be_accepted_after_all() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    story.refuse()
    assert refusal(answer(offer.worker, offer)) == (409, "offer_closed")


def test_the_same_key_again_is_the_outcome_though_the_offer_is_over() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    asked = answer(offer.worker, offer)
    assert asked.status_code == 202
    story.take(Command.objects.get(pk=body_of(asked)["command"]))
    again = answer(offer.worker, offer)
    assert again.status_code == 200
    assert body_of(again)["state"] == "ACCEPTED"


def test_the_key_of_another_answer_is_a_mismatch() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    assert answer(offer.worker, offer).status_code == 202
    assert refusal(answer(offer.worker, offer, "refuse")) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("what", ["accept", "refuse"])
def test_without_a_key_nothing_is_answered(what: str) -> None:
    story = Story.in_town().pay().offer()
    assert refusal(Api(story.offered.worker).post(f"/offers/{story.offered.pk}/{what}", BODIES[what])) == (
        422,
        "idempotency_key_required",
    )


@pytest.mark.parametrize("body", [{}, {"reason": "no wish"}, {"reason": "busy", "text": "…"}])
def test_a_refusal_has_a_reason_of_the_list(body: dict[str, str]) -> None:
    story = Story.in_town().pay().offer()
    api = Api(story.offered.worker)
    answered = api.post(f"/offers/{story.offered.pk}/refuse", body, idempotency_key="k")
    assert refusal(answered) == (422, "invalid_request")
