"""抢单: several are asked at once, the first who accepts has the order, and the others are told that it is gone."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

import hub
from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, keep_busy, let_go, open_alarms, refused, terms
from tests.web.people import Api, make_city, make_customer, make_service, make_staff, make_worker, refusal
from web.accounts.models import User
from web.orders import selectors, services
from web.orders.cards import for_outsiders, order_card
from web.orders.models import Alarm, Command, Offer
from web.orders.selectors import view_of
from web.orders.services.terms import put_policy
from web.scheduling.models import Reservation
from web.scheduling.selectors import holder_of
from web.workforce.models import Worker
from workflows.messages import StepRequest, StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def called(*, workers: int = 3, grab_k: int = 3) -> Story:
    """Paid, and offered to so many at once."""
    terms("dispatch", mode="grab", grab_k=grab_k, grab_s=20)
    return Story.in_town(workers=workers).pay().offer()


def open_offers(story: Story) -> list[Offer]:
    return list(Offer.objects.select_related("worker").filter(order_id=story.id, state=Offer.OPEN).order_by("pk"))


def states(story: Story) -> list[str]:
    return list(Offer.objects.filter(order_id=story.id).order_by("pk").values_list("state", flat=True))


def accept(story: Story, offer: Offer) -> StepResult:
    return story.ask(offer.worker, Move.ACCEPT, offer_id=offer.pk)


def last_closed(worker_id: int) -> dict[str, object]:
    """What he was told last about an offer that is over."""
    return [dict(event.data) for event in heard(f"worker:{worker_id}") if event.type == "offer.closed"][-1]


def lapse_first(story: Story) -> StepResult:
    """As its actor does: by the offer that its view names, under that offer's key."""
    first = view_of(story.order).offer_id
    return story.step(Move.OFFER_LAPSED, key=f"offer:{first}:expired", reference=first)


def test_the_best_few_are_asked_at_once_and_the_hold_stays_where_it_is() -> None:
    terms("dispatch", mode="grab", grab_k=3, grab_s=20)
    story = Story.in_town(workers=5).pay()
    holder = holder_of(story.id)
    story.offer()
    offers = open_offers(story)
    ranking = offers[0].ranking
    assert ranking is not None
    assert [offer.worker_id for offer in offers] == [one["worker_id"] for one in ranking.candidates[:3]]
    assert all(offer.grab and offer.due_at - offer.offered_at < timedelta(seconds=25) for offer in offers)
    assert holder_of(story.id) == holder
    for offer in offers:
        assert [event.type for event in heard(f"worker:{offer.worker_id}")][-2:] == ["order.offered", "offer.made"]


def test_the_first_has_it_and_each_of_the_others_is_told_that_it_is_gone() -> None:
    story = called()
    first, winner, third = open_offers(story)
    assert holder_of(story.id) != winner.worker_id
    assert accept(story, winner).outcome.done
    assert (story.order.phase, story.order.worker_id) == (Phase.ACCEPTED, winner.worker_id)
    assert states(story) == [Offer.GRABBED, Offer.ACCEPTED, Offer.GRABBED]
    assert holder_of(story.id) == winner.worker_id
    for lost in (first, third):
        assert last_closed(lost.worker_id) == {"offer_id": lost.pk, "order_id": story.id, "state": "grabbed"}
    assert last_closed(winner.worker_id)["state"] == "accepted"


def test_who_lost_is_not_told_who_won() -> None:
    story = called()
    winner, lost, _ = open_offers(story)
    accept(story, winner)
    assert "order.accepted" not in [event.type for event in heard(f"worker:{lost.worker_id}")]


def test_a_late_accept_hears_from_the_row_that_it_is_gone() -> None:
    story = called()
    winner, lost, _ = open_offers(story)
    accept(story, winner)
    # Nothing here reaches Temporal.
    answer = Api(lost.worker).post(f"/offers/{lost.pk}/accept", {}, idempotency_key="late")
    assert refusal(answer) == (409, "offer_closed")
    body = json.loads(answer.content)
    assert (body["message"], body["details"]) == ("该派单已被抢", {"state": "grabbed"})
    assert not Command.objects.filter(user=lost.worker).exists()


def test_an_accept_that_was_on_its_way_hears_it_from_the_step() -> None:
    story = called()
    winner, lost, _ = open_offers(story)
    late = story.receive(lost.worker, Move.ACCEPT, offer_id=lost.pk)
    accept(story, winner)
    assert refused(story.take(late)) == "offer_closed"


def test_one_refusal_leaves_the_others_asked_and_the_time_kept() -> None:
    story = called()
    holder = holder_of(story.id)
    refusing = next(offer for offer in open_offers(story) if offer.worker_id != holder)
    assert story.ask(refusing.worker, Move.REFUSE, offer_id=refusing.pk, reason="busy").outcome.done
    assert sorted(states(story)) == [Offer.OPEN, Offer.OPEN, Offer.REFUSED]
    assert holder_of(story.id) == holder
    view = view_of(story.order)
    assert view.offer_id in {offer.pk for offer in open_offers(story)}
    assert refusing.worker_id not in view.asked


def test_when_the_holder_refuses_somebody_elses_time_is_kept() -> None:
    story = called()
    holder = holder_of(story.id)
    offer = next(offer for offer in open_offers(story) if offer.worker_id == holder)
    assert story.ask(offer.worker, Move.REFUSE, offer_id=offer.pk, reason="busy").outcome.done
    assert holder_of(story.id) not in (None, holder)


def test_what_is_over_lapses_together_and_the_round_with_it() -> None:
    story = called()
    story.lapse()
    assert set(states(story)) == {Offer.LAPSED}
    assert story.types[-1] == "lapsed"
    assert len(story.order.events.get(type="lapsed").data["offers"]) == 3
    assert services.store_ranking(order_id=story.id).candidates == 0
    story.exhaust()
    assert open_alarms(story) == [Alarm.NOBODY_ACCEPTS]
    assert services.store_ranking(order_id=story.id).candidates == 3  # the next round


def test_one_who_is_due_later_is_still_asked_when_the_others_lapse() -> None:
    story = called()
    last = open_offers(story)[-1]
    Offer.objects.filter(pk=last.pk).update(due_at=last.due_at + timedelta(minutes=2))
    lapse_first(story)
    assert states(story) == [Offer.LAPSED, Offer.LAPSED, Offer.OPEN]
    assert view_of(story.order).offer_id == last.pk


def test_an_answer_in_time_is_waited_for_while_the_others_lapse() -> None:
    story = called()
    answering = open_offers(story)[0]
    command = story.receive(answering.worker, Move.ACCEPT, offer_id=answering.pk)
    assert lapse_first(story).conflict
    assert states(story) == [Offer.OPEN] * 3
    assert story.take(command).outcome.done


def test_whose_answer_in_time_is_refused_lapses_with_the_others() -> None:
    story = called()
    answering = open_offers(story)[0]
    command = story.receive(answering.worker, Move.ACCEPT, offer_id=answering.pk)
    assert lapse_first(story).conflict
    let_go(story)
    keep_busy(Worker.objects.get(pk=answering.worker_id), story.order.starts_at)
    assert refused(story.take(command)) == "slot_taken"
    assert lapse_first(story).outcome.done
    assert states(story) == [Offer.LAPSED] * 3
    assert view_of(story.order).offer_id is None


def test_any_of_them_whose_answer_came_in_time_is_waited_for() -> None:
    story = called()
    answering = open_offers(story)[-1]
    command = story.receive(answering.worker, Move.ACCEPT, offer_id=answering.pk)
    assert lapse_first(story).conflict
    assert states(story) == [Offer.OPEN] * 3
    assert story.take(command).outcome.done


def test_whoever_was_booked_meanwhile_is_refused_alone() -> None:
    story = called()
    booked, other, _ = open_offers(story)
    let_go(story)
    keep_busy(Worker.objects.get(pk=booked.worker_id), story.order.starts_at)
    assert refused(accept(story, booked)) == "slot_taken"
    assert states(story) == [Offer.OPEN] * 3
    assert accept(story, other).outcome.done
    assert holder_of(story.id) == other.worker_id


def test_whoever_went_off_duty_since_the_ranking_is_left_out() -> None:
    terms("dispatch", mode="grab", grab_k=3)
    story = Story.in_town(workers=3).pay()
    ranking = services.store_ranking(order_id=story.id)
    gone = Worker.objects.latest("pk")
    Worker.objects.filter(pk=gone.pk).update(on_duty=False)
    assert story.step(Move.OFFER, reference=ranking.ranking_id).outcome.done
    assert len(open_offers(story)) == 2
    assert gone.pk not in [offer.worker_id for offer in open_offers(story)]


def test_when_all_went_off_duty_nobody_is_asked() -> None:
    terms("dispatch", mode="grab")
    story = Story.in_town(workers=2).pay()
    ranking = services.store_ranking(order_id=story.id)
    Worker.objects.update(on_duty=False)
    assert refused(story.step(Move.OFFER, reference=ranking.ranking_id)) == "worker_unfit"


def test_a_dispatcher_ends_it_for_all() -> None:
    story = called()
    chosen, *others = open_offers(story)
    story.assign(chosen.worker, by=make_staff())
    assert (story.order.worker_id, holder_of(story.id)) == (chosen.worker_id, chosen.worker_id)
    assert states(story) == [Offer.ACCEPTED, Offer.WITHDRAWN, Offer.WITHDRAWN]
    for offer in others:
        assert last_closed(offer.worker_id)["state"] == "withdrawn"


def test_so_does_the_customer() -> None:
    story = called()
    offers = open_offers(story)
    story.cancel()
    assert states(story) == [Offer.WITHDRAWN] * 3
    for offer in offers:
        assert last_closed(offer.worker_id)["state"] == "withdrawn"


def test_the_board_sees_who_is_asked_and_others_how_many() -> None:
    story = called()
    card = order_card(story.order)
    assert card["asked"] == 3
    assert [one["worker"] and one["worker"]["id"] for one in card["offers"]] == [
        offer.worker_id for offer in open_offers(story)
    ]
    outside = for_outsiders(card)
    assert (outside["asked"], outside["offers"]) == (3, [])
    assert outside["offer"] is not None
    assert outside["offer"]["worker"] is None


def test_the_list_shows_the_same_offers_as_the_row() -> None:
    story = called()
    staff = make_staff()
    assert selectors.cards_for(staff, [story.order]) == [selectors.card_for(staff, story.order)]


def test_nobody_but_the_asked_may_answer() -> None:
    story = called(workers=4)
    asked = {offer.worker_id for offer in open_offers(story)}
    outsider = User.objects.filter(role="worker").exclude(pk__in=asked).get()
    offer = open_offers(story)[0]
    assert refused(story.ask(outsider, Move.ACCEPT, offer_id=offer.pk)) == "offer_closed"
    neighbour = open_offers(story)[1].worker
    assert refused(story.ask(neighbour, Move.ACCEPT, offer_id=offer.pk)) == "offer_closed"


def test_the_database_keeps_one_open_offer_of_a_worker_and_one_acceptance() -> None:
    story = called()
    one, two, _ = open_offers(story)
    with pytest.raises(IntegrityError, match="offer_one_open"), hub.atomic():
        Offer.objects.filter(pk=two.pk).update(worker_id=one.worker_id)
    with pytest.raises(IntegrityError, match="offer_one_accepted"), hub.atomic():
        Offer.objects.filter(pk__in=[one.pk, two.pk]).update(state=Offer.ACCEPTED)


def test_mode_is_a_policy_of_city_and_service() -> None:
    make_city()
    service = make_service()
    put_policy(kind="dispatch", data={"mode": "grab"}, service=service, city="hangzhou")
    make_worker(on_duty=True)
    make_worker(on_duty=True)
    assert len(open_offers(Story.placed(make_customer(), service).pay().offer())) == 2
    other = make_service("window-cleaning")
    make_worker(on_duty=True)
    assert len(open_offers(Story.placed(make_customer(), other).pay().offer())) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_accept_at_once_exactly_one_wins_and_all_others_are_told() -> None:
    many = 12
    story = called(workers=many, grab_k=many)
    offers, version = open_offers(story), story.order.version
    turns = iter([(offer, story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk)) for offer in offers])

    def grab() -> tuple[int, str]:
        offer, command = next(turns)
        result = story.take(command, version=version)
        # What the actor does after a conflict: decide again on the row as it is.
        result = story.take(command) if result.conflict else result
        return offer.worker_id, result.outcome.code

    codes = dict(at_once(many, grab))
    (winner,) = [worker_id for worker_id, code in codes.items() if not code]
    assert sorted(codes.values()) == ["", *["offer_closed"] * (many - 1)]
    assert story.order.worker_id == winner
    assert sorted(states(story)) == [Offer.ACCEPTED, *[Offer.GRABBED] * (many - 1)]
    assert Reservation.objects.filter(active=True).count() == 1
    assert holder_of(story.id) == winner
    for offer in offers:
        assert last_closed(offer.worker_id)["state"] == ("accepted" if offer.worker_id == winner else "grabbed")
    assert story.types.count("accepted") == 1


def test_an_ordinary_acceptance_asks_the_database_no_more_than_it_did() -> None:
    story = Story.in_town().pay().offer()
    command = story.receive(story.offered.worker, Move.ACCEPT, offer_id=story.offered.pk)
    request = StepRequest(
        story.id,
        f"command:{command.pk}",
        command.move,
        story.order.version,
        command=services.message_of(command, seen_version=story.order.version),
    )
    with CaptureQueriesContext(connection) as asked:
        assert services.take_step(request=request).outcome.done
    work = [query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(work) <= 18, work
