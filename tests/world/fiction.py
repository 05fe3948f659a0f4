"""What a test cannot wait for, or bring about by a step: a row that is otherwise, and a timeline that says so too."""

import json
from typing import Any

from django.db import connection

import hub
from web.orders.models import Order, OrderEvent
from web.orders.past import FIELDS, recorded
from workflows.transitions import Role

AMEND = """
UPDATE orders_orderevent SET changes = changes || %s::jsonb
WHERE order_id = %s AND version = (SELECT max(version) FROM orders_orderevent WHERE order_id = %s)
"""


def told_as_placed(order: Order) -> None:
    """An order that no checkout made begins, for its timeline, with the row it has."""
    OrderEvent.objects.create(
        order=order,
        version=order.version,
        type="placed",
        phase_before=order.phase,
        phase=order.phase,
        role=Role.CUSTOMER,
        key=f"placed:{order.pk}",
        changes=recorded(order, FIELDS),
    )


def rewrite(order_id: int, **columns: Any) -> None:
    """The row has these columns, as if its newest event had written them.

    After each test every order's row is held against its events (tests/conftest.py): whoever writes past the steps
    and past this is found there.
    """
    with hub.atomic():
        assert Order.objects.filter(pk=order_id).update(**columns) == 1
        order = Order.objects.get(pk=order_id)
        with connection.cursor() as cursor:
            # The trigger lets nobody else.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(AMEND, [json.dumps(recorded(order, columns)), order_id, order_id])
            cursor.execute("SET LOCAL session_replication_role = origin")
