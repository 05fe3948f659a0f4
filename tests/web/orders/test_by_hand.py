"""人工派单: nobody is offered the order; the board is alarmed at once, and a dispatcher assigns."""

import pytest

from tests.web.orders.story import Story, heard, open_alarms, terms
from tests.web.people import make_staff
from web.accounts.models import User
from web.orders import services
from web.orders.models import Alarm
from web.orders.selectors import view_of
from web.scheduling.selectors import holder_of
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db


def by_hand() -> Story:
    terms("dispatch", mode="manual")
    return Story.in_town(workers=2).pay()


def test_the_board_is_alarmed_with_a_kind_of_its_own_and_the_customer_told() -> None:
    story = by_hand()
    holder = holder_of(story.id)
    assert view_of(story.order).by_hand
    story.exhaust()
    assert (open_alarms(story), story.types[-1]) == ([Alarm.BY_HAND], "by_hand")
    assert heard("board:hangzhou")[-1].type == "alarm.raised"
    assert heard(f"customer:{story.order.customer_id}")[-1].type == "order.by_hand"
    assert (story.order.phase, holder_of(story.id)) == (Phase.DISPATCHING, holder)


def test_nobody_is_ever_ranked_into_an_offer() -> None:
    story = by_hand()
    assert services.store_ranking(order_id=story.id).candidates == 0


def test_an_assignment_ends_the_alarm() -> None:
    story = by_hand().exhaust()
    chosen = User.objects.get(pk=holder_of(story.id) or 0)
    story.assign(chosen, by=make_staff())
    assert open_alarms(story) == []
    assert story.worker == chosen
