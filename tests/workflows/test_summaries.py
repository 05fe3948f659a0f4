"""What Temporal's page says of an order that looks for a worker, without a payload being opened."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from workflows import client
from workflows.messages import Deadlines, OrderView, Timer
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
    assert said in summary_of(view)


def test_the_next_deadline_is_the_first_offers() -> None:
    due = NOW.replace(minute=1)
    view = OrderView(1, Phase.DISPATCHING.value, 3, asked=[7, 8], deadlines=Deadlines(offer_due=due))
    assert "offer_due 11-23 02:01:00Z" in summary_of(view)


LATER = NOW.replace(hour=3)
ALL = Deadlines(*(NOW.replace(minute=minute) for minute in (10, 11, 12, 13, 14, 15)))
"""payment_due 10, offer_due 11, depart_by 12, arrive_by 13, autoconfirm_at 14, review_until 15."""


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.AWAITING_PAYMENT, "payment_due 11-23 02:10:00Z"),
        (Phase.DISPATCHING, "offer_due 11-23 02:11:00Z"),
        (Phase.ACCEPTED, "depart_by 11-23 02:12:00Z"),
        (Phase.EN_ROUTE, "arrive_by 11-23 02:13:00Z"),
        (Phase.ARRIVED, "not_started 11-23 03:00:00Z"),
        (Phase.IN_SERVICE, "not_started 11-23 03:00:00Z"),
        (Phase.EXCEPTION, "not_started 11-23 03:00:00Z"),
        (Phase.AWAITING_CONFIRMATION, "autoconfirm_at 11-23 02:14:00Z"),
        (Phase.COMPLETED, "review_until 11-23 02:15:00Z"),
        (Phase.CANCELLED, "not_started 11-23 03:00:00Z"),
    ],
)
def test_the_next_deadline_is_its_phases_own_or_the_rows_first_timer(phase: Phase, said: str) -> None:
    view = OrderView(1, phase.value, 3, settled=True, deadlines=ALL, timers=[Timer("not_started", "k", LATER)])
    assert f" · {said} · " in summary_of(view)
    sooner = Timer("remind", "k", NOW)
    view.timers.append(sooner)
    assert " · remind 11-23 02:00:00Z · " in summary_of(view)


@pytest.mark.parametrize(
    "view",
    [
        OrderView(1, Phase.ACCEPTED.value, 3, late_told=True, deadlines=ALL),
        OrderView(1, Phase.EN_ROUTE.value, 3, late_told=True, deadlines=ALL),
        OrderView(1, Phase.COMPLETED.value, 3, settled=True, closable=False, deadlines=ALL),
        OrderView(1, Phase.COMPLETED.value, 3, settled=True, ended=True, deadlines=ALL),
    ],
)
def test_what_is_not_waited_for_any_more_is_no_deadline(view: OrderView) -> None:
    assert "Z" not in summary_of(view)


def test_temporals_page_of_an_order_leads_to_ours(settings: Settings) -> None:
    settings.SITE_URL = "https://ops.example.cn"
    assert client._titles(7) == {
        "static_summary": "订单 7",
        "static_details": "[后台订单页](https://ops.example.cn/ops/orders/order/7/change/)",
    }
    settings.SITE_URL = ""
    assert client._titles(7) == {"static_summary": "订单 7"}
