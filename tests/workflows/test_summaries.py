"""What Temporal's page says of an order that looks for a worker, without a payload being opened."""

from datetime import UTC, datetime

import pytest

from workflows.messages import Deadlines, OrderView
from workflows.summaries import summary_of
from workflows.transitions import Phase

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "view"),
    [
        ("等待服务人员应答", OrderView(1, Phase.DISPATCHING.value, 3, asked=[7])),
        ("等待5 名服务人员抢单", OrderView(1, Phase.DISPATCHING.value, 3, asked=[7, 8, 9, 10, 11])),
        ("等待人工派单", OrderView(1, Phase.DISPATCHING.value, 3, by_hand=True)),
        ("等待服务人员出发", OrderView(1, Phase.ACCEPTED.value, 4, by_hand=True)),
    ],
)
def test_whom_the_order_waits_for(said: str, view: OrderView) -> None:
    assert said in summary_of(view, NOW)


def test_the_next_deadline_is_the_first_offers() -> None:
    due = NOW.replace(minute=1)
    view = OrderView(1, Phase.DISPATCHING.value, 3, asked=[7, 8], deadlines=Deadlines(offer_due=due))
    assert "offer_due 11-23 02:01:00Z" in summary_of(view, NOW)
