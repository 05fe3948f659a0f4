"""What was chosen when it was booked: priced, kept with the order, and told to whoever does the work."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.web.orders.story import Story, tomorrow
from tests.web.people import (
    Api,
    body_of,
    make_address,
    make_city,
    make_customer,
    make_service,
    make_worker,
    refusal,
    sold,
)
from tests.world.fiction import rewrite
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Option
from web.orders.models import Order
from web.orders.pricing import Chosen
from web.orders.services.terms import put_policy
from web.scheduling.models import Reservation
from web.workforce.week import Span
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

SIZE = Option("size", "面积", required=True, choices=(Choice("s", "小户型"), Choice("l", "大户型", 6_000, 3_600, 1)))
FRIDGE = AddOn("fridge", "擦冰箱", "台", 3_000, 2, 600)


class Booked:
    """A customer who books a service with an option and an add-on through the API."""

    def __init__(self) -> None:
        make_city()
        make_worker(on_duty=True, hours=[Span(weekday, 21_600, 86_400) for weekday in range(7)])
        self.customer = make_customer()
        self.service = make_service(options=(SIZE,), add_ons=(FRIDGE,))
        self.item_id = self.service.price_list.get().pk
        self.wanted: dict[str, Any] = {
            "service_id": self.service.pk,
            "address_id": make_address(self.customer).pk,
            "answers": {"size": "l"},
            "add_ons": [{"item_id": self.item_id, "quantity": 2}],
        }

    def quote(self, **other: Any) -> Any:
        return Api(self.customer).post("/quotes", self.wanted | other)

    def book(self, **other: Any) -> Any:
        body = self.wanted | {"starts_at": tomorrow().isoformat(), "quoted_fen": 22_900} | other
        return Api(self.customer).post("/orders", body, idempotency_key="a-key")


@pytest.fixture
def booked() -> Booked:
    return Booked()


def test_the_quote_says_price_duration_and_how_many_come(booked: Booked) -> None:
    quote = body_of(booked.quote())
    assert (quote["total_fen"], quote["duration_s"], quote["staff"]) == (22_900, 7_200 + 3_600 + 1_200, 2)
    assert [line["amount_fen"] for line in quote["lines"]] == [9_900, 6_000, 6_000, 1_000]


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"answers": {}}, (409, "option_missing")),
        ({"answers": {"size": "xl"}}, (409, "choice_unknown")),
        ({"answers": {"size": "s", "colour": 1}}, (409, "option_unknown")),
        ({"answers": {"size": 1.5}}, (422, "invalid_request")),
        ({"answers": {"size": True}}, (422, "invalid_request")),
        ({"add_ons": [{"item_id": 999_999, "quantity": 1}]}, (409, "item_unknown")),
        ({"add_ons": [{"item_id": 1, "quantity": 0}]}, (422, "invalid_request")),
    ],
)
def test_what_cannot_be_priced_is_refused(booked: Booked, other: dict[str, Any], refused: tuple[int, str]) -> None:
    assert refusal(booked.quote(**other)) == refused


def test_an_item_is_named_once_and_within_its_limit(booked: Booked) -> None:
    one = {"item_id": booked.item_id, "quantity": 1}
    assert refusal(booked.quote(add_ons=[one, one])) == (422, "invalid_request")
    assert refusal(booked.quote(add_ons=[one | {"quantity": 3}])) == (409, "quantity_too_large")


def test_the_order_keeps_version_choices_duration_and_lines(booked: Booked) -> None:
    detail = body_of(booked.book())
    order = Order.objects.get(pk=detail["order"]["id"])
    assert order.service_version == sold(booked.service)
    assert order.chosen == {"answers": {"size": "l"}, "add_ons": {str(booked.item_id): 2}}
    assert (order.total_fen, order.duration_s, order.staff) == (22_900, 12_000, 2)
    assert [line.rule for line in order.lines.all()] == [
        "service_price",
        "option:size",
        f"add_on:{booked.item_id}",
        "visit_fee",
    ]
    kept = Reservation.objects.get(order_id=order.pk, active=True)
    assert (kept.ends_at - kept.starts_at).total_seconds() == 12_000


def test_the_same_key_with_other_answers_is_another_body(booked: Booked) -> None:
    booked.book()
    assert refusal(booked.book(answers={"size": "s"}, quoted_fen=16_900)) == (422, "idempotency_mismatch")


def test_slots_are_free_for_as_long_as_it_takes(booked: Booked) -> None:
    day = tomorrow().date().isoformat()
    path, query = f"/services/{booked.service.pk}/slots", {"address_id": booked.wanted["address_id"], "day": day}
    short, long = (
        len(body_of(Api(booked.customer).get(path, **query, duration_s=str(seconds)))["slots"])
        for seconds in (60, 30_000)
    )
    assert short > long
    assert refusal(Api(booked.customer).get(path, **query, duration_s="0")) == (422, "invalid_request")


def test_who_does_the_work_reads_what_was_chosen_and_not_what_it_costs(booked: Booked) -> None:
    story = Story.placed(booked.customer, booked.service, chosen=Chosen({"size": "l"}, {booked.item_id: 2})).accepted()
    page = body_of(Api(story.worker).get(f"/orders/{story.id}"))
    assert page["choices"] == [
        {"name": "面积：大户型", "quantity": 1, "unit": ""},
        {"name": "擦冰箱", "quantity": 2, "unit": "台"},
    ]
    assert (page["staff"], page["lines"]) == (2, None)


def dearer(story: Story) -> None:
    """The service costs 1,000 fen more, and its price list another 500, from now on."""
    service = story.order.service
    assert service.published is not None
    content = service.published.sold
    items = tuple(replace(item, price_fen=item.price_fen + 500) for item in content.add_ons)
    changed = replace(content, price_fen=content.price_fen + 1_000, add_ons=items)
    catalog.put_service(slug=service.slug, category=service.category, sold=changed)


def story_of(booked: Booked) -> Story:
    return Story.placed(booked.customer, booked.service, chosen=Chosen({"size": "l"}, {booked.item_id: 1}))


def test_what_was_bought_stays_what_it_was(booked: Booked) -> None:
    story = story_of(booked)
    total_fen, version = story.order.total_fen, story.order.service_version
    dearer(story)
    assert (story.order.total_fen, story.order.service_version) == (total_fen, version)
    assert story.order.bought.price_fen == 9_900
    assert story.order.service.published != version


def test_another_address_is_priced_with_what_was_chosen_as_it_is_sold_now(booked: Booked) -> None:
    story = story_of(booked)
    address = make_address(booked.customer)
    ask = Api(booked.customer)
    assert body_of(ask.get(f"/orders/{story.id}/quote", address_id=address.pk))["total_fen"] == story.order.total_fen
    dearer(story)
    now = body_of(ask.get(f"/orders/{story.id}/quote", address_id=address.pk))
    assert now["total_fen"] == story.order.total_fen + 1_500


def test_a_time_that_costs_more_is_quoted_kept_and_stays_with_the_order(booked: Booked) -> None:
    night = {"key": "evening", "name": "晚间加价", "from_s": 18 * 3_600, "until_s": 24 * 3_600, "fee_fen": 2_000}
    policy = put_policy(kind="pricing", data={"surcharges": [night]})
    plain, evening = body_of(booked.quote()), body_of(booked.quote(starts_at=tomorrow().isoformat()))
    assert (plain["total_fen"], evening["total_fen"]) == (22_900, 24_900)
    assert refusal(booked.book()) == (409, "price_changed")
    detail = body_of(booked.book(quoted_fen=24_900))
    line = next(line for line in detail["lines"] if line["rule"] == "surcharge:evening")
    assert (line["amount_fen"], line["rule_version"]) == (2_000, policy.pk)
    put_policy(kind="pricing", data={"surcharges": [night | {"fee_fen": 9_000}]})
    order = Order.objects.get(pk=detail["order"]["id"])
    assert order.terms.pricing.surcharges[0].fee_fen == 2_000
    quote = body_of(Api(booked.customer).get(f"/orders/{order.pk}/quote", address_id=booked.wanted["address_id"]))
    assert quote["total_fen"] == 24_900
    story = Story(order.pk).pay()
    rewrite(order.pk, starts_at=order.starts_at + timedelta(hours=7))
    # Moved out of the evening: it keeps its price, whatever else changes.
    quote = body_of(Api(booked.customer).get(f"/orders/{story.id}/quote", address_id=booked.wanted["address_id"]))
    assert quote["total_fen"] == 24_900


def test_a_version_that_is_not_the_one_that_was_shown_is_refused(booked: Booked) -> None:
    assert refusal(booked.book(version=2)) == (409, "price_changed")
    assert booked.book(version=1).status_code == 201


def test_what_was_booked_counts_at_the_door_and_its_prices_are_those_that_were_bought(booked: Booked) -> None:
    story = story_of(booked).accepted().depart().arrive()
    dearer(story)
    listed = body_of(Api(story.worker).get(f"/orders/{story.id}"))["price_list"]
    assert [(item["id"], item["price_fen"]) for item in listed] == [(booked.item_id, 3_000)]
    for quantity, code in ((2, "quantity_too_large"), (1, "")):
        typed = json.dumps({"items": [{"item_id": booked.item_id, "quantity": quantity}], "other_fen": 0, "reason": ""})
        result = story.ask(story.worker, Move.PROPOSE_SUPPLEMENT, typed=typed)
        assert result.outcome is not None
        assert result.outcome.code == code
