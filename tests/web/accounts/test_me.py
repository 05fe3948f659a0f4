"""GET and PATCH /api/me."""

import pytest

from tests.web.people import Api, body_of, make_customer, make_worker, refusal

pytestmark = pytest.mark.django_db


def test_one_sees_oneself_with_the_phone_as_people_write_it() -> None:
    user = make_customer(phone="+8613800138000", display_name="李女士")
    assert body_of(Api(user).get("/me")) == {
        "id": user.pk,
        "role": "customer",
        "display_name": "李女士",
        "phone": "138 0013 8000",
        "city": "",
    }


def test_a_customer_chooses_what_he_is_called() -> None:
    api = Api(make_customer())
    assert body_of(api.patch("/me", {"display_name": "  小李 "}))["display_name"] == "小李"
    assert body_of(api.get("/me"))["display_name"] == "小李"


@pytest.mark.parametrize("name", ["", "   ", "长" * 41, "two\nlines", 7, None])
def test_what_is_no_name_is_refused(name: object) -> None:
    assert refusal(Api(make_customer()).patch("/me", {"display_name": name})) == (422, "invalid_request")


def test_nothing_else_of_oneself_can_be_changed() -> None:
    api = Api(make_customer())
    answer = api.patch("/me", {"display_name": "小李", "role": "staff"})
    assert refusal(answer) == (422, "invalid_request")
    assert body_of(api.get("/me"))["role"] == "customer"


def test_a_workers_name_is_not_his_to_change() -> None:
    assert refusal(Api(make_worker().user).patch("/me", {"display_name": "别人"})) == (403, "forbidden")
