"""A price, line by line."""

import pytest

from tests.web.people import Api, body_of, make_address, make_city, make_customer, make_service, refusal

pytestmark = pytest.mark.django_db


def test_the_lines_sum_to_the_total_to_the_fen() -> None:
    make_city()
    customer, service = make_customer(), make_service(price_fen=9_901, visit_fee_fen=1_007)
    address = make_address(customer)
    price = body_of(Api(customer).post("/quotes", {"service_id": service.pk, "address_id": address.pk}))
    assert price["total_fen"] == sum(line["amount_fen"] for line in price["lines"]) == 10_908
    assert price["lines"] == [
        {
            "name": "日常保洁",
            "quantity": 1,
            "unit": "",
            "unit_price_fen": 9_901,
            "amount_fen": 9_901,
            "rule": "service_price",
            "rule_version": 1,
        },
        {
            "name": "上门费",
            "quantity": 1,
            "unit": "",
            "unit_price_fen": 1_007,
            "amount_fen": 1_007,
            "rule": "visit_fee",
            "rule_version": 1,
        },
    ]
    for line in price["lines"]:
        assert line["amount_fen"] == line["quantity"] * line["unit_price_fen"]


def test_somebody_elses_address_is_not_found() -> None:
    make_city()
    address, service = make_address(make_customer()), make_service()
    stranger = Api(make_customer())
    asked = {"service_id": service.pk, "address_id": address.pk}
    assert refusal(stranger.post("/quotes", asked)) == (404, "not_found")


def test_a_service_that_is_not_sold_any_more_is_not_found() -> None:
    make_city()
    customer, service = make_customer(), make_service(on_shelf=False)
    asked = {"service_id": service.pk, "address_id": make_address(customer).pk}
    assert refusal(Api(customer).post("/quotes", asked)) == (404, "not_found")


def test_unknown_fields_are_refused() -> None:
    make_city()
    customer, service = make_customer(), make_service()
    asked = {"service_id": service.pk, "address_id": make_address(customer).pk, "total_fen": 1}
    assert refusal(Api(customer).post("/quotes", asked)) == (422, "invalid_request")
