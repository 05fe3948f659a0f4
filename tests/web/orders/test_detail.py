"""One order, whole, for one person: what is not his is not in it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.orders.story import Story, heard
from tests.web.people import (
    CITY,
    Api,
    body_of,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
)
from tests.world.fiction import rewrite
from web.accounts.models import AccessTrace, User
from web.orders.events import EVENT_NAMES
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

CONTACT = {
    "name": "李女士",
    "phone": "+8613800138000",
    "place": "文三路 100 号",
    "door": "3 幢 502",
    "lng": 120.15,
    "lat": 30.27,
}


def detail(user: User, story: Story) -> dict[str, Any]:
    read: dict[str, Any] = body_of(Api(user).get(f"/orders/{story.id}"))
    return read


def asked(topic: str) -> set[int]:
    """Whom a topic has named as asked."""
    offers = [event.data["order"]["offer"] for event in heard(topic) if "order" in event.data]
    return {offer["worker"]["id"] for offer in offers if offer and offer["worker"]}


def test_the_customer_sees_everything_of_his() -> None:
    story = Story.in_town().accepted()
    read = detail(story.order.customer, story)
    assert read["contact"] == CONTACT
    assert read["start_code"] == story.order.start_code
    assert read["total_fen"] == sum(line["amount_fen"] for line in read["lines"]) == 10_900
    assert read["pay_fen"] is None
    allowed = ["cancel", "reschedule", "report_exception", "change_request", "change_address"]
    assert read["allowed_actions"] == allowed
    assert read["cancellation"] == {"fee_fen": 0, "refund_fen": 10_900}


def test_the_preview_of_a_cancellation_is_what_it_then_costs() -> None:
    story = Story.in_town().accepted().depart()
    preview = detail(story.order.customer, story)["cancellation"]
    story.cancel()
    assert preview == {"fee_fen": story.order.cancel_fee_fen, "refund_fen": 10_900 - story.order.cancel_fee_fen}


def test_who_cannot_cancel_sees_no_preview() -> None:
    story = Story.in_town().in_service()
    assert detail(story.order.customer, story)["cancellation"] is None


def test_a_worker_knows_the_door_from_acceptance_to_confirmation() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    for move in (None, story.depart, story.arrive, story.start, story.tick_all, story.finish):
        if move:
            move()
        assert detail(worker, story)["contact"] == CONTACT, story.order.phase
    for move in (story.confirm, story.settle, story.close):
        move()
        assert detail(worker, story)["contact"] is None


def test_a_worker_whose_order_was_cancelled_forgets_the_door() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    story.cancel()
    assert detail(worker, story)["contact"] is None


def test_what_the_customer_wrote_is_known_as_long_as_the_door_is() -> None:
    """People write phones and door codes there."""
    wish = "到了打 13900139000，门禁 7788"
    make_city()
    worker = make_worker(on_duty=True).user
    story = Story.placed(make_customer(), make_service(), request=wish).accepted()
    for move in (story.depart, story.arrive, story.start, story.tick_all, story.finish):
        move()
        assert detail(worker, story)["request"] == wish
    story.confirm()
    assert detail(worker, story)["request"] is None
    assert detail(story.order.customer, story)["request"] == wish


@pytest.mark.parametrize("fate", ["refused", "lapsed"])
def test_only_staff_are_told_who_did_not_want_it_and_why(fate: str) -> None:
    story = Story.in_town(workers=2).pay().offer()
    first = story.offered.worker
    type(first).objects.filter(pk=first.pk).update(display_name="拒单师傅")
    assert "拒单师傅" not in json.dumps(detail(story.order.customer, story)["order"], ensure_ascii=False)
    assert detail(make_staff(), story)["order"]["offer"]["worker"]["name"] == "拒单师傅"
    story.refuse("unwell") if fate == "refused" else story.lapse()
    story.offer().accept()
    for topic in (f"order:{story.id}", f"customer:{story.order.customer_id}", f"worker:{story.worker.pk}"):
        assert asked(topic) == set()
    assert first.pk in asked(f"board:{CITY}")
    for reader in (story.order.customer, story.worker):
        read = detail(reader, story)
        entry = next(entry for entry in read["timeline"] if entry["type"] == fate)
        assert (entry["by"], entry["data"]) == ("服务人员" if fate == "refused" else "系统", {})
        said = json.dumps(read["timeline"], ensure_ascii=False)
        assert "拒单师傅" not in said
        assert "unwell" not in said
        assert first.pk not in [entry["data"].get("worker_id") for entry in read["timeline"]]
    for_staff = next(entry for entry in detail(make_staff(), story)["timeline"] if entry["type"] == fate)
    assert for_staff["data"]["worker_id"] == first.pk
    assert for_staff["data"]["reason"] == ("unwell" if fate == "refused" else "")


def test_a_timeline_tells_each_what_is_listed_for_his_role() -> None:
    story = Story.in_town().accepted().depart().arrive().start().tick()
    told = {
        user.role: {entry["type"]: sorted(entry["data"]) for entry in detail(user, story)["timeline"] if entry["data"]}
        for user in (story.order.customer, story.worker)
    }
    assert told == {
        "customer": {"paid": ["channel"], "accepted": ["worker_id"], "step_done": ["step"]},
        "worker": {"accepted": ["worker_id"], "arrived": ["position_known"], "step_done": ["step"]},
    }


def test_a_worker_sees_what_he_earns_and_not_what_the_customer_pays() -> None:
    story = Story.in_town().accepted()
    read = detail(story.worker, story)
    assert read["pay_fen"] == 8_720
    assert (read["total_fen"], read["lines"], read["start_code"], read["cancellation"]) == (None, None, None, None)
    assert read["allowed_actions"] == ["depart", "hand_back", "report_exception", "propose_move"]


def test_staff_see_the_contact_and_leave_a_trace_each_time() -> None:
    story = Story.in_town().accepted()
    staff = make_staff(city="hangzhou")
    for times in (1, 2):
        assert detail(staff, story)["contact"] == CONTACT
        assert AccessTrace.objects.filter(staff=staff, order_id=story.id).count() == times
    assert detail(staff, story)["start_code"] is None
    assert detail(staff, story)["total_fen"] == 10_900


def test_nobody_else_leaves_a_trace_and_a_refused_look_neither() -> None:
    story = Story.in_town().accepted()
    detail(story.order.customer, story)
    detail(story.worker, story)
    assert refusal(Api(make_staff(city="shanghai")).get(f"/orders/{story.id}")) == (404, "not_found")
    Api(make_staff()).get("/orders")
    assert not AccessTrace.objects.exists()


def test_the_timeline_names_workers_and_staff_and_no_customer() -> None:
    story = Story.in_town().pay().exhaust()
    worker = make_worker(on_duty=True, name="赵师傅")
    story.assign(worker.user, by=make_staff(display_name="调度员甲")).depart()
    read = detail(story.order.customer, story)
    assert [(entry["type"], entry["by"]) for entry in read["timeline"]] == [
        ("placed", "用户"),
        ("paid", "系统"),
        ("exhausted", "系统"),
        ("assigned", "调度员甲"),
        ("departed", "赵师傅"),
    ]
    assert all(entry["label"] == EVENT_NAMES[entry["type"]] for entry in read["timeline"])
    assert [entry["version"] for entry in read["timeline"]] == [1, 2, 3, 4, 5]


def test_the_steps_of_the_service_come_with_their_times() -> None:
    story = Story.in_town().in_service().tick()
    records = detail(story.order.customer, story)["records"]
    assert [(one["position"], one["name"], one["standard"]) for one in records] == [
        (1, "铺鞋套", "进门先铺"),
        (2, "清洁厨房", ""),
    ]
    assert records[0]["done_at"] is not None
    assert records[1]["done_at"] is None


def test_the_position_can_be_followed_while_he_is_on_his_way() -> None:
    story = Story.in_town().accepted()
    assert detail(story.order.customer, story)["position_topic"] is None
    story.depart()
    assert detail(story.order.customer, story)["position_topic"] == f"position:{story.id}"
    story.arrive()
    assert detail(story.order.customer, story)["position_topic"] is None


def test_subscribing_from_the_stream_misses_nothing() -> None:
    story = Story.in_town().pay()
    read = detail(story.order.customer, story)
    assert read["stream"]["topic"] == f"order:{story.id}"
    assert read["stream"]["offset"] == len(heard(f"order:{story.id}"))
    story.offer().accept()
    since = [event for event in heard(f"order:{story.id}") if event.offset > read["stream"]["offset"]]
    assert [event.type for event in since] == ["order.offered", "order.accepted"]
    assert since[-1].data["order"] == detail(story.order.customer, story)["order"]


def test_the_stream_was_read_before_the_order() -> None:
    story = Story.in_town().accepted()
    customer = story.order.customer
    with CaptureQueriesContext(connection) as asked:
        detail(customer, story)
    statements = [query["sql"] for query in asked.captured_queries]
    head = next(n for n, sql in enumerate(statements) if "hub_topic" in sql)
    order = next(n for n, sql in enumerate(statements) if 'FROM "orders_order"' in sql)
    assert head < order


BUTTONS = {
    "AWAITING_PAYMENT": {"customer": "cancel reschedule change_request", "staff": "call_off"},
    "DISPATCHING": {
        "customer": "cancel reschedule change_request change_address report_exception",
        "staff": "assign reschedule call_off report_exception",
    },
    "ACCEPTED": {
        "customer": "cancel reschedule change_request change_address report_exception",
        "worker": "depart hand_back propose_move report_exception",
        "staff": "reschedule take_off call_off report_exception",
    },
    "EN_ROUTE": {
        "customer": "cancel report_exception",
        "worker": "arrive hand_back report_exception",
        "staff": "take_off call_off report_exception",
    },
    "ARRIVED": {
        "customer": "cancel report_exception",
        "worker": "start report_absent propose_supplement report_exception",
        "staff": "take_off call_off report_exception",
    },
    "IN_SERVICE": {
        "customer": "report_exception",
        "worker": "tick propose_supplement report_exception",
        "staff": "call_off refund report_exception",
    },
    "AWAITING_CONFIRMATION": {
        "customer": "confirm report_exception",
        "worker": "report_exception",
        "staff": "call_off refund report_exception",
    },
    "COMPLETED": {"staff": "refund"},
    "EXCEPTION": {
        "customer": "report_exception",
        "worker": "report_exception",
        "staff": "report_exception continue continue_with_supplement cancel_with_refund reschedule",
    },
}
"""What each may ask of an order of his own that was accepted and is now (by decree) in another phase."""


@pytest.mark.parametrize("phase", list(Phase))
def test_the_buttons_are_the_tables(phase: Phase) -> None:
    """What each may do in a phase is what the table says of his role, and nobody's buttons are another's."""
    story = Story.in_town().accepted()
    customer, worker, staff = story.order.customer, story.worker, make_staff(city="hangzhou")
    rewrite(story.id, phase=phase.value)
    shown = {user.role: detail(user, story)["allowed_actions"] for user in (customer, worker, staff)}
    expected = {role: set(moves.split()) for role, moves in BUTTONS.get(phase.value, {}).items()}
    assert {role: set(moves) for role, moves in shown.items()} == {role: expected.get(role, set()) for role in shown}
