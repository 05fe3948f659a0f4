"""Nothing that is read over HTTP is read row by row: zeal fails where it is."""

import pytest
from django.apps import apps
from zeal import NPlusOneError, zeal_context
from zeal.apps import ZealConfig

from tests.web.orders.story import Story, tomorrow
from tests.web.people import CITY, Api, body_of, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def zeal_watches() -> None:
    """Not an app of the product's: its patches stay, and see nothing outside of its context."""
    if not apps.is_installed("zeal"):
        ZealConfig.create("zeal").ready()


def busy_city() -> list[Story]:
    """Two orders in each of several phases, with workers, offers, alarms, tips and exceptions of their own."""
    make_city()
    for _ in range(6):
        make_worker(on_duty=True)
    service = make_service()

    def placed() -> Story:
        return Story.placed(make_customer(), service, starts_at=tomorrow(next(hours)))

    hours = iter([*range(1, 13), *range(1, 13)])
    stories = [placed().pay().offer() for _ in range(2)]
    stories += [placed().pay().exhaust() for _ in range(2)]
    stories += [placed().finished().confirm() for _ in range(2)]
    stories.append(placed().accepted().depart())
    for story in [placed().accepted() for _ in range(2)]:
        story.report(story.worker, type="vehicle")
        story.report(story.order.customer, type="other")
        stories.append(story)
    return stories


def test_zeal_sees_what_is_read_row_by_row() -> None:
    busy_city()
    with pytest.raises(NPlusOneError), zeal_context():
        assert [order.customer.role for order in Order.objects.all()]


def test_one_order() -> None:
    stories, staff = busy_city(), make_staff()
    for story in stories:
        people: list[User] = [staff, story.order.customer, *([story.worker] if story.order.worker else [])]
        for person in people:
            api = Api(person)
            with zeal_context():
                assert body_of(api.get(f"/orders/{story.id}"))["order"]["id"] == story.id


@pytest.mark.parametrize("path", [f"/board/{CITY}", "/orders", "/exceptions"])
def test_a_list_for_staff(path: str) -> None:
    busy_city()
    api = Api(make_staff())
    with zeal_context():
        assert body_of(api.get(path))
