"""An offer's channel and deadline follow its worker's reach."""

from datetime import timedelta

import pytest

from tests.web.orders.story import Story, heard, terms
from tests.web.people import CITY
from web.notifications import services as notifications
from web.notifications.models import Delivery, Message
from web.orders.cards import order_card
from web.orders.models import Offer, Ranking
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db


def time_left(offer: Offer) -> timedelta:
    return offer.due_at - offer.offered_at


def about(seconds: float) -> object:
    return pytest.approx(timedelta(seconds=seconds), abs=timedelta(seconds=2))


def test_who_has_the_app_before_him_is_asked_on_the_socket_with_the_short_time() -> None:
    terms("dispatch", offer_s=20, away_factor=4)
    offer = Story.in_town().pay().offer().offered
    assert (offer.channel, time_left(offer)) == (Offer.SOCKET, about(20))


def test_who_has_not_is_asked_by_sms_and_has_longer() -> None:
    terms("dispatch", offer_s=20, away_factor=4)
    story = Story.in_town().pay()
    Worker.objects.update(reach=Worker.BACK)
    offer = story.offer().offered
    assert (offer.channel, time_left(offer)) == (Offer.SMS, about(80))
    assert order_card(story.order)["offers"][0]["channel"] == "sms"


def test_while_he_has_sends_left_by_subscription_message(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story.in_town().pay()
    Worker.objects.update(reach=Worker.BACK)
    monkeypatch.setattr("web.notifications.selectors.with_sends_left", lambda user_ids, *, template: set(user_ids))
    assert story.offer().offered.channel == Offer.WECHAT


def test_in_a_grab_each_has_the_time_that_his_reach_asks_for() -> None:
    terms("dispatch", mode="grab", grab_s=10, away_factor=3)
    story = Story.in_town(workers=2).pay()
    away = Worker.objects.latest("pk")
    Worker.objects.filter(pk=away.pk).update(reach=Worker.BACK)
    first, last = story.offer().order.open_offers
    assert (time_left(first), time_left(last)) == (about(10), about(30))
    assert (first.worker_id != away.pk, last.worker_id) == (True, away.pk)


@pytest.mark.parametrize("best_is_away", [True, False])
def test_who_is_due_first_stands_in_front_and_each_is_written_to_until_his_own_time(best_is_away: bool) -> None:
    terms("dispatch", mode="grab", grab_s=10, away_factor=3)
    story = Story.in_town(workers=2).pay()
    best, other = (worker.pk for worker in Worker.objects.order_by("pk"))
    away = best if best_is_away else other
    Worker.objects.filter(pk=away).update(reach=Worker.BACK)
    front = best + other - away
    story.offer()
    ranking = Ranking.objects.get(order_id=story.id)
    assert [one["worker_id"] for one in ranking.candidates] == [best, other]
    # The event's card, what the actor heard (see `Story._taken`) and the row agree.
    card = [event.data["order"] for event in heard(f"board:{CITY}") if event.type == "order.offered"][-1]
    assert [one["worker"]["id"] for one in card["offers"]] == [front, away]
    assert card == order_card(story.order)
    until = dict(Message.objects.filter(order_id=story.id, kind="offer_made").values_list("user_id", "useful_until"))
    assert until == {offer.worker_id: offer.due_at for offer in story.order.open_offers}


def unanswered(story: Story, *, sent: str | None) -> int:
    """He is asked outside the app and does not answer; what is counted then. sent: what became of the message."""
    Worker.objects.update(reach=Worker.BACK)
    offer = story.offer().offered
    if sent is not None:
        notifications.plan_deliveries()
        state, fault = sent.removesuffix("!"), sent.endswith("!")
        Delivery.objects.update(state=state, fault=fault)
    story.lapse()
    return Worker.objects.get(pk=offer.worker_id).unanswered


@pytest.mark.parametrize("sent", [None, "pending", "sending", "unknown", "failed!", "skipped!"])
def test_who_was_told_nothing_has_not_left_an_offer_unanswered(sent: str | None) -> None:
    assert unanswered(Story.in_town().pay(), sent=sent) == 0


@pytest.mark.parametrize("sent", ["sent", "delivered", "failed", "skipped"])
def test_who_was_told_or_cannot_be_has(sent: str) -> None:
    assert unanswered(Story.in_town().pay(), sent=sent) == 1


def test_three_left_unanswered_are_a_rest_and_he_is_told() -> None:
    terms("dispatch", offer_s=20)
    stories = [Story.in_town().pay()]
    worker = Worker.objects.get()
    order = stories[0].order
    for days in (1, 2):
        starts_at = order.starts_at + timedelta(days=days)
        stories.append(Story.placed(order.customer, order.service, starts_at=starts_at).pay())
    for story in stories:
        assert Worker.objects.get().reach_now == Worker.FRONT
        story.offer().lapse()
    assert Worker.objects.get().reach_now == Worker.REST
    assert Message.objects.filter(user=worker.user, kind="rested").count() == 1
