"""/api/addresses: one's own, and nobody else's."""

from typing import Any

import pytest

from tests.web.people import Api, body_of, make_address, make_city, make_customer, make_staff, make_worker, refusal
from web.accounts import services
from web.accounts.models import Address

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {
    "city": "hangzhou",
    "district": "西湖区",
    "place": "文三路 100 号",
    "door": "3 幢 502",
    "contact_name": "李女士",
    "contact_phone": "138 0013 8000",
    "lng": 120.13,
    "lat": 30.28,
}


@pytest.fixture(autouse=True)
def _hangzhou() -> None:
    make_city()


def test_an_address_is_added_listed_changed_and_removed() -> None:
    api = Api(make_customer())
    made = body_of(api.post("/addresses", BODY))
    assert made == BODY | {"id": made["id"]}
    assert body_of(api.get("/addresses")) == [made]
    changed = body_of(api.put(f"/addresses/{made['id']}", BODY | {"door": "", "lng": 120}))
    assert changed == made | {"door": "", "lng": 120}
    assert api.delete(f"/addresses/{made['id']}").status_code == 204
    assert body_of(api.get("/addresses")) == []


def test_somebody_elses_address_does_not_exist() -> None:
    theirs = make_address(make_customer())
    api = Api(make_customer())
    assert body_of(api.get("/addresses")) == []
    assert refusal(api.put(f"/addresses/{theirs.pk}", BODY)) == (404, "not_found")
    assert refusal(api.delete(f"/addresses/{theirs.pk}")) == (404, "not_found")
    theirs.refresh_from_db()
    assert theirs.place == "文三路 100 号"


def test_workers_and_staff_have_no_way_to_addresses() -> None:
    theirs = make_address(make_customer())
    for api in (Api(make_worker().user), Api(make_staff())):
        assert refusal(api.get("/addresses")) == (403, "forbidden")
        assert refusal(api.put(f"/addresses/{theirs.pk}", BODY)) == (403, "forbidden")


def test_a_city_that_is_not_served_says_so_at_once() -> None:
    api = Api(make_customer())
    assert refusal(api.post("/addresses", BODY | {"city": "atlantis"})) == (409, "not_served_here")
    mine = body_of(api.post("/addresses", BODY))
    assert refusal(api.put(f"/addresses/{mine['id']}", BODY | {"city": "atlantis"})) == (409, "not_served_here")


@pytest.mark.parametrize(
    "change",
    [
        {"lng": "120.13"},
        {"lng": 200},
        {"lat": 1e400},
        {"lat": True},
        {"place": ""},
        {"place": " "},
        {"place": "a\x00b"},
        {"contact_phone": "911"},
        {"contact_name": None},
        {"user": 1},
        {"id": 1},
        {"door": "长" * 81},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    body = BODY | change
    refused = refusal(Api(make_customer()).post("/addresses", body))
    # 1e400 is Infinity in Python, and as such no JSON.
    assert refused in {(422, "invalid_request"), (400, "malformed_json")}
    assert Address.objects.count() == 0


def test_a_landline_can_be_called_too() -> None:
    body = BODY | {"contact_phone": "0571-88888888"}
    assert body_of(Api(make_customer()).post("/addresses", body))["contact_phone"] == "0571 8888 8888"


def test_there_is_an_end_to_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ADDRESSES_MAX", 2)
    api = Api(make_customer())
    api.post("/addresses", BODY)
    api.post("/addresses", BODY)
    assert refusal(api.post("/addresses", BODY)) == (422, "invalid_request")
