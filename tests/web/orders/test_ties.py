"""Favourites and blocked pairs: who may say it, and that a blocked pair is never matched again."""

import json

import pytest

from tests.web.orders.rivals import Rivals
from tests.web.orders.story import Story, booking_of, refused, tomorrow
from tests.web.people import Api, body_of, make_address, make_customer, make_staff, make_worker, refusal
from web.accounts.models import Tie, User
from web.accounts.ties import put_tie, ties_of
from web.errors import DoorbellError
from web.orders import services
from workflows.transitions import Move, Role

pytestmark = pytest.mark.django_db


def say(by: User, story: Story, kind: str) -> object:
    return body_of(Api(by).put(f"/orders/{story.id}/tie", {"kind": kind}))


def block(rivals: Rivals, *, by: Role) -> None:
    customer_id = rivals.story.order.customer_id
    put_tie(customer_id=customer_id, worker_id=rivals.first.pk, by=by, kind="blocked")


@pytest.mark.parametrize("by", [Role.CUSTOMER, Role.WORKER])
def test_a_blocked_pair_is_not_ranked_and_not_offered(by: Role) -> None:
    rivals = Rivals.meet()
    block(rivals, by=by)
    assert rivals.winner() == rivals.second.pk
    assert rivals.reason(rivals.first) == "blocked"
    assert rivals.story.offer().offered.worker_id == rivals.second.pk


def test_who_was_blocked_since_the_ranking_is_not_asked() -> None:
    rivals = Rivals.meet()
    ranking = rivals.ranking()
    block(rivals, by=Role.WORKER)
    result = rivals.story.step(Move.OFFER, reference=ranking.pk)
    assert (refused(result), result.outcome.details) == ("worker_unfit", {"reason": "blocked"})


def test_not_even_a_dispatcher_matches_them() -> None:
    rivals = Rivals.meet()
    block(rivals, by=Role.CUSTOMER)
    result = rivals.story.ask(make_staff(), Move.ASSIGN, worker_id=rivals.first.pk)
    assert (refused(result), result.outcome.details) == ("worker_unfit", {"reason": "blocked"})


def test_their_times_are_not_shown_and_not_booked() -> None:
    story = Story.in_town()
    customer, service = make_customer(), story.order.service
    address = make_address(customer)
    worker = User.objects.get(role="worker")
    path, day = f"/services/{service.pk}/slots", tomorrow().date().isoformat()

    def slots(of: User, address_id: int) -> list[object]:
        return list(body_of(Api(of).get(path, address_id=address_id, day=day))["slots"])

    assert slots(customer, address.pk)
    put_tie(customer_id=customer.pk, worker_id=worker.pk, by=Role.WORKER, kind="blocked")
    assert slots(customer, address.pk) == []
    other = make_customer()
    assert slots(other, make_address(other).pk)
    with pytest.raises(DoorbellError, match="not_served_here"):
        services.place_order(customer=customer, booking=booking_of(service, address, starts_at=tomorrow(20)))


def test_a_customer_favours_blocks_and_takes_it_back() -> None:
    story = Story.in_town().accepted()
    customer, worker = story.order.customer, story.worker
    assert say(customer, story, "favourite") == {"kind": "favourite"}
    assert ties_of(customer.pk) == ({worker.pk}, set())
    listed = body_of(Api(customer).get("/ties"))
    assert listed == [{"worker_id": worker.pk, "name": "王师傅", "kind": "favourite"}]
    say(customer, story, "blocked")
    say(customer, story, "blocked")
    assert ties_of(customer.pk) == (set(), {worker.pk})
    say(customer, story, "none")
    assert not Tie.objects.exists()


def test_what_one_takes_back_leaves_what_the_other_said() -> None:
    story = Story.in_town().accepted()
    customer, worker = story.order.customer, story.worker
    say(customer, story, "blocked")
    say(worker, story, "blocked")
    say(customer, story, "favourite")
    assert ties_of(customer.pk) == (set(), {worker.pk})
    assert body_of(Api(customer).get("/ties"))[0]["kind"] == "favourite"  # he is not told that he is blocked


def test_a_worker_has_no_favourites() -> None:
    story = Story.in_town().accepted()
    answer = Api(story.worker).put(f"/orders/{story.id}/tie", {"kind": "favourite"})
    assert refusal(answer) == (422, "invalid_request")
    assert json.loads(answer.content)["details"] == {"kind": "not yours to say"}


def test_outsiders_have_nothing_to_say() -> None:
    story = Story.in_town().accepted()
    for outsider in (make_customer(), make_worker().user):
        assert refusal(Api(outsider).put(f"/orders/{story.id}/tie", {"kind": "blocked"})) == (404, "not_found")
    assert refusal(Api(make_staff()).put(f"/orders/{story.id}/tie", {"kind": "blocked"})) == (403, "forbidden")


def test_an_order_without_a_worker_is_about_nobody() -> None:
    story = Story.in_town().pay()
    answer = Api(story.order.customer).put(f"/orders/{story.id}/tie", {"kind": "blocked"})
    assert refusal(answer) == (404, "not_found")
