"""Terms that were stored before some of our rules: shown as they hold, and never given up for the defaults unsaid."""

from collections.abc import Callable

import pytest
from django.db.models import Model
from django.test import Client

from tests.web.ops.office import asked, colleague, form_of, office_of, words_of
from tests.web.people import CITY, make_city
from web.accounts.models import EVERY_CITY
from web.catalog.home.layouts import put_layout
from web.catalog.home.parts import Grid, Notice, Part
from web.catalog.models import HomeLayout
from web.marketing.models import PointsRule
from web.orders.models import Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", "marketing", city=EVERY_CITY))


def test_a_row_beyond_its_bounds_is_shown_and_changed_as_it_holds(office: Client) -> None:
    said = {"horizon_s": 4e7, "buffer_s": 3_600, "min_notice_s": 7_200}
    row = Policy.objects.create(kind="booking", city=CITY, data=said)
    address = f"/ops/orders/policy/add/?from={row.pk}"
    assert "可预约到多久以后 366 天" in words_of(office.get(f"/ops/orders/policy/{row.pk}/change/"))
    assert office.post(address, form_of(office.get(address)) | {"reason": "照旧"}).status_code == 302
    assert Policy.objects.latest("pk").data == said | {"horizon_s": 366 * 86_400}


@pytest.mark.parametrize(
    ("place", "make"),
    [
        ("orders/policy", lambda: Policy.objects.create(kind="booking", city=CITY, data={"horizon": 5})),
        ("marketing/pointsrule", lambda: PointsRule.objects.create(city=CITY, data={"month": 5})),
    ],
)
def test_a_row_that_cannot_be_read_is_no_beginning(office: Client, place: str, make: Callable[[], Model]) -> None:
    row = make()
    own = f"/ops/{place}/{row.pk}/change/"
    assert f"/{row.pk}/again/" not in office.get(own).content.decode()
    refused = office.get(f"/ops/{place}/add/?from={row.pk}", follow=True)
    assert refused.redirect_chain == [(own, 302)]
    assert "原来的内容已无法读取" in words_of(refused)
    fields = {"kind": "booking", "city": CITY, "reason": "照旧"}
    assert office.post(f"/ops/{place}/add/?from={row.pk}", fields)["Location"] == own
    assert type(row)._base_manager.get() == row


def test_a_part_that_cannot_be_read_is_filled_in_anew_and_never_by_default(office: Client) -> None:
    parts = [Part(body=Notice(text="照常")), Part(body=Grid(columns=5))]
    layout = HomeLayout.objects.get(pk=put_layout(by=None, city=CITY, wanted=parts).pk)
    unread = {"kind": "grid", "colums": 5}
    layout.parts.filter(kind="grid").update(terms=unread)
    page = f"/ops/catalog/homelayout/{layout.pk}/change/"
    assert words_of(office.get(page)).count("原来的内容已无法读取") == 1
    assert "原来的内容已无法读取" in words_of(asked(office, page, reason="试试"))
    assert layout.parts.get(kind="grid").terms == unread
    answer = asked(office, page, reason="试试", **{"parts-1-grid-columns": "3"})
    assert answer.status_code == 302, words_of(answer)[-1_500:]
    assert [part.part.body for part in layout.parts.order_by("position")] == [parts[0].body, Grid(columns=3)]
