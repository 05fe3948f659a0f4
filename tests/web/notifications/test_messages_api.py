"""GET /api/messages, its badge, and POST /api/messages/read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import hub
from tests.web.orders.story import Story, heard
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.notifications import services
from web.notifications.api.reading import PAGE
from web.notifications.concerns import Reader
from web.notifications.models import Message

pytestmark = pytest.mark.django_db

ABOUT = services.About(
    link="/orders/7",
    order_id=7,
    fields={"service": "保洁", "when": "12月1日 10:00", "worker": "王", "district": "西湖"},
)


def told(user: User, *, times: int = 1, event: str = "paid", reader: Reader = Reader.CUSTOMER) -> list[int]:
    """So many messages of somebody; their ids."""
    for _ in range(times):
        with hub.atomic():
            services.notify(event=event, people={reader: [user.pk]}, about=ABOUT)
    return list(Message.objects.filter(user=user).order_by("pk").values_list("pk", flat=True))


def test_messages_come_newest_first_with_what_is_unread() -> None:
    customer = make_customer()
    first, second = told(customer, times=2)
    page = body_of(Api(customer).get("/messages"))
    assert [item["id"] for item in page["items"]] == [second, first]
    assert (page["unread"], page["next_before"]) == (2, None)
    assert page["items"][0] | {"created_at": ""} == {
        "id": second,
        "kind": "order_paid",
        "label": "支付成功",
        "title": "支付成功",
        "body": "保洁，12月1日 10:00。正在为您安排服务人员。",
        "link": "/orders/7",
        "order_id": 7,
        "created_at": "",
        "read": False,
    }


def test_pages_join_without_a_hole() -> None:
    customer = make_customer()
    ids = told(customer, times=PAGE + 2)
    first = body_of(Api(customer).get("/messages"))
    second = body_of(Api(customer).get("/messages", before=first["next_before"]))
    assert [item["id"] for item in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next_before"] is None


def test_the_stream_stands_before_the_messages() -> None:
    customer = make_customer()
    told(customer)
    before = body_of(Api(customer).get("/messages"))["stream"]
    assert before["topic"] == f"customer:{customer.pk}"
    told(customer)
    since = [event for event in heard(before["topic"], messages=True) if event.offset > before["offset"]]
    page = body_of(Api(customer).get("/messages"))
    assert [event.data["message"]["id"] for event in since] == [page["items"][0]["id"]]


def test_some_are_marked_read_and_the_other_devices_hear_of_it() -> None:
    customer = make_customer()
    first, second, third = told(customer, times=3)
    assert body_of(Api(customer).post("/messages/read", {"ids": [first, third]})) == {"unread": 1}
    page = body_of(Api(customer).get("/messages"))
    assert {item["id"]: item["read"] for item in page["items"]} == {first: True, second: False, third: True}
    last = heard(f"customer:{customer.pk}", messages=True)[-1]
    assert (last.type, last.data) == ("message.read", {"unread": 1})


def test_all_up_to_one_are_marked_read() -> None:
    worker = make_worker().user
    ids = told(worker, times=3, event="settled", reader=Reader.WORKER)
    assert body_of(Api(worker).post("/messages/read", {"up_to": ids[1]})) == {"unread": 1}
    assert body_of(Api(worker).get("/messages/badge")) == {"unread": 1}


def test_marking_again_changes_nothing_and_tells_nobody() -> None:
    customer = make_customer()
    ids = told(customer)
    body_of(Api(customer).post("/messages/read", {"ids": ids}))
    read_at = Message.objects.get().read_at
    told_before = len(heard(f"customer:{customer.pk}", messages=True))
    assert body_of(Api(customer).post("/messages/read", {"ids": ids})) == {"unread": 0}
    assert Message.objects.get().read_at == read_at
    assert len(heard(f"customer:{customer.pk}", messages=True)) == told_before


def test_an_outsider_reads_and_marks_nothing_of_mine() -> None:
    customer, stranger = make_customer(), make_customer()
    ids = told(customer)
    assert body_of(Api(stranger).get("/messages"))["items"] == []
    assert body_of(Api(stranger).get("/messages/badge")) == {"unread": 0}
    for body in ({"ids": ids}, {"up_to": ids[-1]}):
        assert body_of(Api(stranger).post("/messages/read", body)) == {"unread": 0}
    assert Message.objects.get().read_at is None


def test_staff_have_no_message_centre() -> None:
    assert refusal(Api(make_staff()).get("/messages")) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"ids": [1], "up_to": 1}, {"ids": []}, {"ids": ["1"]}, {"up_to": 0}])
def test_a_body_that_does_not_say_which_is_refused(body: dict[str, object]) -> None:
    assert refusal(Api(make_customer()).post("/messages/read", body)) == (422, "invalid_request")


def test_a_page_costs_the_same_however_long_it_is() -> None:
    customer = make_customer()
    costs = []
    for times in (1, PAGE):
        told(customer, times=times)
        asker = Api(customer)
        with CaptureQueriesContext(connection) as asked:
            asker.get("/messages")
        costs.append(len(asked))
    # The first of a process reads the log's epoch too.
    assert costs[1] <= costs[0]


def test_an_orders_messages_are_read_by_their_reader() -> None:
    story = Story.in_town().accepted()
    titles = [item["title"] for item in body_of(Api(story.order.customer).get("/messages"))["items"]]
    assert titles == ["服务人员已接单", "支付成功", "下单成功"]
    assert [item["title"] for item in body_of(Api(story.worker).get("/messages"))["items"]] == ["新的派单"]
