"""Whose order it is: somebody else's does not exist, by HTTP and on the socket."""

import pytest

import hub
from tests.web.orders.story import Story
from tests.web.people import Api, make_city, make_customer, make_service, make_staff, make_worker, refusal
from web.accounts.models import EVERY_CITY, User
from web.accounts.selectors import is_staff_of
from web.orders import selectors
from web.orders.topics import may_read_board, may_read_order, may_read_position
from web.workforce import selectors as workforce

pytestmark = pytest.mark.django_db


def sees(user: User, story: Story) -> bool:
    """By the selector, by the list and by the detail; they must agree."""
    answers = {
        selectors.visible_to(user).filter(pk=story.id).exists(),
        Api(user).get(f"/orders/{story.id}").status_code == 200,
        story.id in [card["id"] for card in Api(user).get("/orders").json()["items"]],
        may_read_order(identity(user), id=story.id),
    }
    assert len(answers) == 1
    return answers.pop()


def identity(user: User) -> hub.Identity:
    return hub.Identity(str(user.pk), {})


def test_a_customer_sees_his_own_orders() -> None:
    story = Story.in_town()
    assert sees(story.order.customer, story)
    assert not sees(make_customer(), story)


def test_a_worker_sees_an_order_from_the_moment_it_is_his() -> None:
    story = Story.in_town(workers=2).pay().offer()
    worker = story.offered.worker
    assert not sees(worker, story)
    story.accept()
    assert sees(worker, story)
    assert not sees(User.objects.filter(role="worker").exclude(pk=worker.pk).get(), story)
    story.depart().arrive().start().tick_all().finish().confirm().settle().close()
    assert sees(worker, story)


def test_a_worker_who_refused_never_sees_it() -> None:
    story = Story.in_town(workers=2).pay().offer()
    worker = story.offered.worker
    story.refuse().offer().accept()
    assert not sees(worker, story)


def test_staff_see_their_city() -> None:
    story = Story.in_town()
    assert sees(make_staff(city="hangzhou"), story)
    assert sees(make_staff(city=EVERY_CITY), story)
    assert not sees(make_staff(city="shanghai"), story)


def test_staff_without_a_city_see_nothing() -> None:
    """Whoever was made in a hurry is in charge of nothing, not of everything."""
    story = Story.in_town().pay().exhaust()
    nobody, hangzhou = make_staff(city=""), make_staff(city="hangzhou")
    seen = [
        (
            sees(user, story),
            selectors.alarms_visible_to(user).exists(),
            workforce.visible_to(user).exists(),
            may_read_board(identity(user), city="hangzhou"),
            is_staff_of(user_id=user.pk, city="hangzhou"),
            user.is_in_charge_of(""),
        )
        for user in (nobody, hangzhou)
    ]
    assert seen == [(False,) * 6, (*(True,) * 5, False)]


def test_a_role_that_nobody_knows_sees_nothing() -> None:
    story, user = Story.in_town(), make_staff(city="hangzhou")
    user.role = "auditor"
    assert not selectors.visible_to(user).filter(pk=story.id).exists()


def test_an_order_that_is_not_there_looks_like_somebody_elses() -> None:
    story = Story.in_town()
    stranger = Api(make_customer())
    missing, foreign = stranger.get("/orders/999999999"), stranger.get(f"/orders/{story.id}")
    assert refusal(missing) == refusal(foreign) == (404, "not_found")
    assert missing.content == foreign.content


def test_staff_of_the_city_follow_its_board_and_nobody_else() -> None:
    make_city()
    assert may_read_board(identity(make_staff(city="hangzhou")), city="hangzhou")
    assert may_read_board(identity(make_staff()), city="hangzhou")
    for user in (make_staff(city="shanghai"), make_customer(), make_worker().user):
        assert not may_read_board(identity(user), city="hangzhou")


def test_a_worker_can_be_followed_while_he_is_on_his_way() -> None:
    story = Story.in_town().accepted()
    customer, worker = identity(story.order.customer), identity(story.worker)
    assert not may_read_position(customer, order=story.id)
    story.depart()
    for who in (customer, worker, identity(make_staff(city="hangzhou"))):
        assert may_read_position(who, order=story.id)
    for stranger in (make_customer(), make_worker().user, make_staff(city="shanghai")):
        assert not may_read_position(identity(stranger), order=story.id)
    story.arrive()
    assert not may_read_position(customer, order=story.id)


def test_somebody_who_was_closed_reads_no_topic() -> None:
    story = Story.in_town()
    customer = story.order.customer
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert not may_read_order(identity(customer), id=story.id)


@pytest.mark.parametrize("user_id", ["", "0", "-1", "abc", "١", "9" * 30])
def test_a_token_of_nobody_reads_no_topic(user_id: str) -> None:
    story = Story.in_town()
    assert not may_read_order(hub.Identity(user_id, {}), id=story.id)
    assert not may_read_board(hub.Identity(user_id, {}), city="hangzhou")


def test_two_customers_at_one_service_do_not_see_each_other() -> None:
    make_city()
    make_worker(on_duty=True)
    make_worker(on_duty=True)
    service = make_service()
    one, other = Story.placed(make_customer(), service), Story.placed(make_customer(), service)
    assert sees(one.order.customer, one)
    assert not sees(one.order.customer, other)
