"""Staff of the city whose duty it is not write nothing: all operations that change something are walked."""

from collections.abc import Iterable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.api.test_outsider import OPERATIONS, ask
from tests.web.api.world import make_world
from tests.web.people import CITY, make_staff, refusal
from web.accounts.duties import DUTIES
from workflows.transitions import Role

pytestmark = pytest.mark.django_db

HIS_OWN = {
    "PATCH /api/me",
    "POST /api/auth/logout",
    "POST /api/hub/token",
    "POST /api/messages/read",
    "PUT /api/messages/preferences",
    "POST /api/photos",
}
"""Each of these changes what belongs to whoever asks, and nothing of the platform's."""

NEEDED = {
    "POST /api/board/alarms/{alarm_id}/take": {"dispatcher", "quality", "finance"},
    "POST /api/board/alarms/{alarm_id}/close": {"dispatcher", "quality", "finance"},
    "POST /api/compensations/{compensation_id}/pay-out": {"finance"},
    "POST /api/compensations/{compensation_id}/paid-otherwise": {"finance"},
    "POST /api/withdrawals/{withdrawal_id}/review": {"finance"},
    "POST /api/withdrawals/{withdrawal_id}/retry": {"dispatcher", "finance"},
    "POST /api/payments/{payment_id}/retry": {"dispatcher", "finance"},
    "POST /api/refunds/{refund_id}/retry": {"dispatcher", "finance"},
    "POST /api/orders/{order_id}/refund": {"finance"},
    "POST /api/orders/{order_id}/cases/{case_id}/answer": {"dispatcher", "quality"},
    "POST /api/orders/{order_id}/messages": {"dispatcher", "quality"},
    "POST /api/orders/{order_id}/assign": {"dispatcher"},
    "POST /api/orders/{order_id}/unlock": {"dispatcher"},
    "POST /api/orders/{order_id}/take-off": {"dispatcher"},
    "POST /api/orders/{order_id}/call-off": {"dispatcher"},
    "POST /api/orders/{order_id}/reschedule": {"dispatcher"},
    "POST /api/orders/{order_id}/exceptions": {"dispatcher"},
    "POST /api/orders/{order_id}/exceptions/answer": {"dispatcher"},
    "POST /api/orders/{order_id}/exceptions/decide": {"dispatcher"},
    "PUT /api/workers/{worker_id}/levels": {"quality"},
    "POST /api/pictures": {"operator", "marketing"},
}
"""Operation -> whose duty it is, the manager's aside, who may do everything."""


def changing() -> Iterable[str]:
    """What staff may ask for that is no reading."""
    for operation, details in OPERATIONS.items():
        if not operation.startswith("GET ") and details.get("security") and Role.STAFF in details["x-roles"]:
            yield operation


def test_every_operation_by_which_staff_change_something_says_whose_duty_it_is() -> None:
    assert set(changing()) - HIS_OWN == set(NEEDED)


@pytest.mark.parametrize("operation", sorted(NEEDED))
def test_without_a_duty_nothing_is_written(operation: str) -> None:
    world, staff = make_world(), make_staff(city=CITY, duties=[])
    with CaptureQueriesContext(connection) as asked:
        answer = ask(staff, operation, world)
    assert refusal(answer) == (403, "forbidden")
    said = [one["sql"] for one in asked]
    assert said
    assert not [sql for sql in said if sql.startswith(("INSERT", "UPDATE", "DELETE", "WITH"))]


@pytest.mark.parametrize("operation", sorted(NEEDED))
def test_whose_duty_it_is_passes_and_nobody_else(operation: str) -> None:
    world = make_world()
    staff = {duty: make_staff(city=CITY, duties=[duty]) for duty in DUTIES}
    passed = {duty for duty, one in staff.items() if ask(one, operation, world).status_code != 403}
    assert passed == {*NEEDED[operation], "manager"}
