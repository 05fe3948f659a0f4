"""Closed orders of other books: what becomes of a line, of a wrong one, of one that comes twice."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from config import operations
from hub.models import Event
from tests.web.people import (
    CITY,
    Api,
    body_of,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    new_phone,
)
from web.accounts.models import AccessTrace, User
from web.catalog.models import Service
from web.errors import DoorbellError
from web.ledger.checking import disagreements
from web.ledger.models import Posting
from web.ledger.selectors import balance_of
from web.orders import selectors
from web.orders.customers import paid_for
from web.orders.habits import is_newcomer
from web.orders.history import CODES
from web.orders.models import Command, ImportedOrder, Offer, Order, OrderEvent, OrderLine, ServiceRecord
from web.orders.past import order_at, unrecorded
from web.orders.services import import_orders, take_stalled
from web.scheduling.models import Reservation
from web.workforce.models import Worker
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

ENDED = datetime(2026, 10, 3, 4, 30, tzinfo=UTC)


@pytest.fixture
def service() -> Service:
    make_city()
    return make_service()


@pytest.fixture
def worker(service: Service) -> Worker:
    return make_worker(name="陈师傅")


@pytest.fixture
def past(worker: Worker) -> Callable[..., dict[str, Any]]:
    """A completed order as a line says it."""

    def made(**fields: Any) -> dict[str, Any]:
        return {
            "external_id": "A-1",
            "city": CITY,
            "service": "daily-cleaning",
            "customer": {"phone": "13800138111", "name": "李女士"},
            "worker": {"phone": worker.user.phone},
            "phase": "COMPLETED",
            "placed_at": "2026-10-01T08:00:00+08:00",
            "paid_at": "2026-10-01T08:01:00+08:00",
            "starts_at": "2026-10-03T10:00:00+08:00",
            "started_at": "2026-10-03T10:05:00+08:00",
            "finished_at": "2026-10-03T12:00:00+08:00",
            "ended_at": "2026-10-03T12:30:00+08:00",
            "where": {
                "district": "西湖区",
                "place": "文三路 1 号",
                "door": "2 幢 301",
                "contact_name": "李女士",
                "contact_phone": "13800138111",
                "lng": 120.15,
                "lat": 30.27,
            },
            "request": "请带鞋套",
            "lines": [
                {"name": "日常保洁", "unit_price_fen": 9900, "amount_fen": 9900},
                {"name": "会员优惠", "unit_price_fen": -900, "amount_fen": -900},
            ],
            "total_fen": 9000,
            "channel": "wechat",
            "rating": 5,
            **fields,
        }

    return made


def cancelled(**fields: Any) -> dict[str, Any]:
    """What makes a completed one a cancelled one."""
    return {
        "external_id": "A-2",
        "phase": "CANCELLED",
        "worker": None,
        "started_at": None,
        "finished_at": None,
        "ended_at": "2026-10-02T09:00:00+08:00",
        "cancelled_by": "customer",
        "cancel_reason": "plans_changed",
        "cancel_fee_fen": 1000,
        "refunded_fen": 8000,
        "rating": None,
        **fields,
    }


def lines(*orders: dict[str, Any]) -> list[tuple[int, str]]:
    return [(number, json.dumps(one, ensure_ascii=False)) for number, one in enumerate(orders, start=1)]


def imported(*orders: dict[str, Any], **options: Any) -> list[Order]:
    report = import_orders(source="old", lines=lines(*orders), **options)
    assert report.problems == []
    return list(Order.objects.filter(imported_from="old").order_by("pk"))


def problems(*orders: dict[str, Any]) -> list[tuple[int, str, str]]:
    report = import_orders(source="old", lines=lines(*orders))
    assert report.imported == 0
    return [(one.number, one.code, one.field) for one in report.problems]


def test_a_completed_order_has_all_that_the_line_says(past: Callable[..., dict[str, Any]], worker: Worker) -> None:
    (order,) = imported(past())
    assert (order.phase, order.worker_id, order.total_fen, order.ended_at) == ("COMPLETED", worker.pk, 9000, ENDED)
    assert (order.customer.phone, order.customer.display_name) == ("+8613800138111", "李女士")
    assert (order.place, order.door, order.contact_phone, order.request) == (
        "文三路 1 号",
        "2 幢 301",
        "+8613800138111",
        "请带鞋套",
    )
    assert [(line.name, line.amount_fen, line.rule) for line in order.lines.all()] == [
        ("日常保洁", 9900, "imported"),
        ("会员优惠", -900, "imported"),
    ]
    assert order.is_worked_off
    assert all(record.done_at for record in order.records.all())
    kept = order.imported
    assert (kept.source, kept.external_id, kept.channel, kept.rating) == ("old", "A-1", "wechat", 5)


def test_a_cancelled_order_says_what_went_back(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past(**cancelled()))
    assert (order.phase, order.worker, order.cancelled_by, order.cancel_reason) == (
        "CANCELLED",
        None,
        "customer",
        "plans_changed",
    )
    assert (order.cancel_fee_fen, order.refund_fen, order.refunded_fen, order.is_refunding) == (1000, 8000, 8000, False)
    assert not any(record.done_at for record in order.records.all())


def test_personal_columns_are_encrypted(past: Callable[..., dict[str, Any]]) -> None:
    imported(past())
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_name, contact_phone, place, door, request FROM orders_order")
        row = cursor.fetchone()
        cursor.execute("SELECT changes::text || data::text FROM orders_orderevent")
        event = cursor.fetchone()[0]
    for said in ("李女士", "13800138111", "文三路", "幢 301", "鞋套"):
        assert all(said not in column for column in row)
        assert said not in event


def test_nothing_of_it_moves(past: Callable[..., dict[str, Any]], worker: Worker) -> None:
    """No actor, no event, no money, no time kept: neither now nor when the sweep looks."""
    pushed = Event.objects.count()
    (order, _) = imported(past(), past(**cancelled()))
    assert selectors.open_order_ids() == []
    assert selectors.settled_phases() == {}
    assert selectors.refunding_order_ids() == []
    assert selectors.awaited_charges() == {"order": [], "supplement": [], "tip": []}
    assert take_stalled() == []
    assert selectors.allowed_actions(order, make_staff()) == []
    assert Event.objects.count() == pushed
    assert not Reservation.objects.exists()
    assert not Posting.objects.exists()
    assert not Offer.objects.exists()
    assert not Command.objects.exists()
    assert balance_of(worker.user) == 0
    assert disagreements() == []
    assert unrecorded() == {}


def test_a_command_to_it_is_refused(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past())
    answer = Api(order.customer).post(f"/orders/{order.pk}/cancel", {}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (409, "order_ended")


def test_its_people_see_it_like_any_other(past: Callable[..., dict[str, Any]], worker: Worker) -> None:
    (order,) = imported(past())
    for who in (order.customer, worker.user, make_staff(), make_staff(city=CITY)):
        assert [one["id"] for one in body_of(Api(who).get("/orders"))["items"]] == [order.pk]
        detail = body_of(Api(who).get(f"/orders/{order.pk}"))
        assert detail["imported_from"] == "old"
        assert [one["label"] for one in detail["timeline"]] == ["历史订单导入"]
    for outsider in (make_customer(), make_worker().user, make_staff(city="shanghai")):
        assert Api(outsider).get(f"/orders/{order.pk}").status_code == 404
    assert AccessTrace.objects.count() == 2


def test_time_travel_knows_its_end_and_says_why_no_more(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past())
    there = body_of(Api(order.customer).get(f"/orders/{order.pk}/at", time="2026-10-03T04:30:00Z"))
    assert (there["imported_from"], there["order"]["phase"], there["total_fen"]) == ("old", "COMPLETED", 9000)
    with pytest.raises(DoorbellError) as unknown:
        order_at(order.pk, ENDED - timedelta(seconds=1))
    assert unknown.value.details == {"since": "2026-10-03T04:30:00.000Z", "imported_from": "old"}


def test_what_the_books_knew_of_its_times_stands_in_the_timeline(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past())
    event = OrderEvent.objects.get(order=order)
    assert (event.type, event.role, event.at) == ("imported", "system", ENDED)
    assert event.data == {
        "from": "old",
        "external_id": "A-1",
        "started_at": "2026-10-03T02:05:00.000Z",
        "finished_at": "2026-10-03T04:00:00.000Z",
    }


# People


def test_an_account_that_is_there_is_used_and_keeps_its_name(past: Callable[..., dict[str, Any]]) -> None:
    customer = make_customer(phone="+8613800138111", display_name="李思")
    (order,) = imported(past())
    assert order.customer == customer
    customer.refresh_from_db()
    assert customer.display_name == "李思"


def test_who_has_no_phone_gets_an_account_that_nobody_signs_in_to(past: Callable[..., dict[str, Any]]) -> None:
    gone = {"customer": {"id": "C-7"}, "worker": {"id": "W-9", "name": "周师傅"}}
    first, second = imported(past(**gone), past(**gone, external_id="A-9"))
    assert (first.customer, first.worker) == (second.customer, second.worker)
    assert first.worker
    assert (first.worker.display_name, first.worker.role, first.worker.city) == ("周师傅", "worker", CITY)
    assert not first.customer.is_active
    assert not first.worker.is_active
    assert not Worker.objects.filter(user=first.worker).exists()


def test_two_books_mean_different_people_by_one_id(past: Callable[..., dict[str, Any]]) -> None:
    gone = past(customer={"id": "7"}, worker={"id": "7"})
    for source in ("old", "older"):
        assert import_orders(source=source, lines=lines(gone)).imported == 1
    assert User.objects.filter(phone="").exclude(role="staff").count() == 4


# What is wrong


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"total_fen": 9001}, "lines_do_not_sum", ""),
        ({"lines": [{"name": "x", "quantity": 2, "unit_price_fen": 4500, "amount_fen": 4500}]}, "lines_do_not_sum", ""),
        ({"refunded_fen": 9001}, "too_much_back", ""),
        ({"paid_at": None}, "who_is_missing", ""),
        ({"worker": None}, "who_is_missing", ""),
        ({"customer": {}}, "who_is_missing", "customer"),
        ({"customer": {"phone": "13800138111", "id": "7"}}, "who_is_missing", "customer"),
        ({"placed_at": "2026-10-04T00:00:00Z"}, "times_out_of_order", ""),
        ({"finished_at": "2026-10-03T02:00:00Z"}, "times_out_of_order", ""),
        ({"paid_at": "2026-09-30T00:00:00Z"}, "times_out_of_order", ""),
        ({"ended_at": "2999-01-01T00:00:00Z"}, "times_out_of_order", "ended_at"),
        ({"ended_at": "2026-10-03T12:30:00"}, "invalid", "ended_at"),
        ({"customer": {"phone": "12345"}}, "invalid", "customer.phone"),
        ({"phase": "EN_ROUTE"}, "invalid", "phase"),
        ({"colour": "red"}, "invalid", "colour"),
        ({"rating": 6}, "invalid", "rating"),
        ({"where": {"district": "x", "lng": 0.0, "lat": 0.0}}, "invalid", "where.lng"),
        ({"city": "atlantis"}, "unknown_city", "city"),
        ({"service": "time-travel"}, "unknown_service", "service"),
        ({"service": 10**9}, "unknown_service", "service"),
        ({"service": 2**70}, "invalid", "service"),
        ({"worker": {"phone": "13800138999"}}, "unknown_worker", "worker"),
    ],
)
def test_a_wrong_line_is_named_by_its_number_and_a_code(
    past: Callable[..., dict[str, Any]], change: dict[str, Any], code: str, field: str
) -> None:
    assert problems(past(external_id="ok"), past(**change)) == [(2, code, field)]
    assert code in CODES
    assert not Order.objects.exists()
    assert not User.objects.filter(role="customer").exists()


def test_a_phone_of_another_role_is_refused(past: Callable[..., dict[str, Any]], worker: Worker) -> None:
    customer = make_customer()
    wrong = past(worker={"phone": customer.phone}, customer={"phone": worker.user.phone})
    assert problems(wrong) == [(1, "wrong_role", "customer"), (1, "wrong_role", "worker")]


def test_what_is_no_json_is_said_without_repeating_it() -> None:
    report = import_orders(source="old", lines=[(3, "李女士 13800138111"), (4, "[]"), (5, '{"a": 1}')])
    assert [(one.number, one.code) for one in report.problems] == [(3, "not_json"), (4, "not_json"), (5, "invalid")]
    assert "138" not in repr(report.problems)


def test_every_problem_of_a_batch_is_told_and_nothing_of_it_imported(past: Callable[..., dict[str, Any]]) -> None:
    found = problems(past(city="x"), past(external_id="A-2"), past(external_id="A-3", total_fen=1), past(service="y"))
    assert found == [
        (1, "unknown_city", "city"),
        (3, "lines_do_not_sum", ""),
        (4, "twice", "external_id"),
        (4, "unknown_service", "service"),
    ]


# Twice


def test_twice_is_once(past: Callable[..., dict[str, Any]]) -> None:
    both = [past(), past(**cancelled())]
    imported(*both)
    before = [model.objects.count() for model in (Order, OrderLine, ServiceRecord, OrderEvent, ImportedOrder, User)]
    report = import_orders(source="old", lines=lines(*both, past(external_id="A-3")))
    assert (report.imported, report.known, report.problems) == (1, 2, [])
    imported(*both)
    after = [model.objects.count() for model in (Order, OrderLine, ServiceRecord, OrderEvent, ImportedOrder, User)]
    assert after == [before[0] + 1, before[1] + 2, before[2] + 2, before[3] + 1, before[4] + 1, before[5]]


def test_what_was_imported_does_not_change(past: Callable[..., dict[str, Any]]) -> None:
    imported(past())
    assert problems(past(rating=1), past(external_id="A-2")) == [(1, "changed", "")]
    assert ImportedOrder.objects.get().rating == 5


@pytest.mark.django_db(transaction=True)
def test_of_two_who_import_the_same_at_once_each_line_is_imported_once(past: Callable[..., dict[str, Any]]) -> None:
    same = lines(*(past(external_id=f"A-{number}", customer={"phone": new_phone()}) for number in range(20)))
    barrier = Barrier(3)

    def work(_: int) -> tuple[int, int]:
        try:
            barrier.wait()
            report = import_orders(source="old", lines=same)
            assert report.problems == []
            return report.imported, report.known
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(work, range(3)))
    assert sum(new for new, _ in done) == 20
    assert all(new + known == 20 for new, known in done)
    assert Order.objects.count() == 20


def test_a_dry_run_tries_everything_and_keeps_nothing(past: Callable[..., dict[str, Any]]) -> None:
    report = import_orders(source="old", lines=lines(past()), dry_run=True)
    assert (report.imported, report.problems) == (1, [])
    assert not Order.objects.exists()
    assert not User.objects.filter(role="customer").exists()


def test_the_database_lets_nobody_mark_a_live_order_as_imported(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past())
    for change in ({"ended_at": None}, {"moves_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**change)


def test_a_batch_costs_as_many_statements_however_long_it_is(
    past: Callable[..., dict[str, Any]], django_assert_max_num_queries: Any
) -> None:
    many = lines(*(past(external_id=f"A-{number}") for number in range(50)))
    with django_assert_max_num_queries(20):
        assert import_orders(source="old", lines=many).imported == 50


# The command


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def written(*orders: dict[str, Any]) -> str:
        path = tmp_path / "old.jsonl"
        path.write_text("\n\n".join(line for _, line in lines(*orders)) + "\n", encoding="utf-8")
        return str(path)

    return written


def test_the_command_imports_a_file(past: Callable[..., dict[str, Any]], file: Any, capsys: Any) -> None:
    name = file(past(), past(**cancelled()))
    call_command("import_history", name, dry_run=True)
    call_command("import_history", name, source="old-shop")
    call_command("import_history", name, source="old-shop")
    assert capsys.readouterr().out.splitlines() == [
        "2 would be imported, 0 known, 0 problems",
        "2 imported, 0 known, 0 problems",
        "0 imported, 2 known, 0 problems",
    ]
    assert set(Order.objects.values_list("imported_from", flat=True)) == {"old-shop"}


def test_a_wrong_batch_is_left_out_whole_and_the_others_are_not(
    past: Callable[..., dict[str, Any]], file: Any, capsys: Any
) -> None:
    orders = [past(external_id=f"A-{number}") for number in range(6)]
    orders[2] = past(external_id="A-2", total_fen=1)
    with pytest.raises(CommandError) as end:
        call_command("import_history", file(*orders), batch=2)
    assert end.value.returncode == 1
    assert capsys.readouterr().out.splitlines() == [
        f"line 5: lines_do_not_sum: {CODES['lines_do_not_sum']}",
        "nothing of lines 5 to 7 was imported",
        "4 imported, 0 known, 1 problems",
    ]
    assert sorted(ImportedOrder.objects.values_list("external_id", flat=True)) == ["A-0", "A-1", "A-4", "A-5"]


@pytest.mark.parametrize("options", [{"source": "Old Shop"}, {"batch": 0}])
def test_a_command_that_makes_no_sense_is_refused(file: Any, options: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        call_command("import_history", file(), **options)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_history", "/nowhere/at-all.jsonl")


def test_every_code_is_in_the_docs() -> None:
    table = operations.current().partition("## Orders of before")[2].partition("\n## ")[0]
    assert [code for code in CODES if f"| `{code}` |" not in table] == []


def test_the_docs_own_line_can_be_imported(past: Callable[..., dict[str, Any]], worker: Worker) -> None:
    page = operations.current().partition("## Orders of before")[2]
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    example |= {"city": CITY, "service": "daily-cleaning", "worker": {"phone": worker.user.phone}}
    (order,) = imported(example)
    assert order.phase == Phase.COMPLETED


def test_who_comes_with_them_is_no_new_customer(past: Callable[..., dict[str, Any]]) -> None:
    (order,) = imported(past())
    assert paid_for().get() == order
    assert not is_newcomer(order.customer_id)
