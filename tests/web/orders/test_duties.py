"""Of the staff of a city only those command its orders whose duty it is."""

from uuid import uuid4

import pytest

from tests.web.orders.story import Story
from tests.web.people import CITY, Api, make_staff, refusal
from web.accounts.duties import DUTIES
from web.orders.models import Command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("duty", [*DUTIES, ""])
def test_who_may_send_somebody(duty: str) -> None:
    story = Story.in_town().pay()
    staff = make_staff(city=CITY, duties=[duty] if duty else [])
    body = {"worker_id": story.order.customer_id}
    answer = Api(staff).post(f"/orders/{story.id}/assign", body, idempotency_key=str(uuid4()))
    if duty in ("dispatcher", "manager"):
        assert answer.status_code in (202, 409)
        assert Command.objects.filter(user=staff).exists()
    else:
        assert refusal(answer) == (403, "forbidden")
        assert not Command.objects.filter(user=staff).exists()
