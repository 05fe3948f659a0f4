"""The trail of all edits: what it asks of the database does not grow with what it shows."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.marketing.offers import cut, make_campaign
from tests.web.people import make_category, make_city, make_service, make_staff, make_worker
from web.catalog.content import Choice, Option
from web.catalog.home import layouts
from web.catalog.home.parts import Notice, Part
from web.catalog.models import OptionChoice
from web.catalog.services import drafted, write_service
from web.ops import trail
from web.ops.models import TRACKED
from web.workforce.models import WorkerSkill

pytestmark = pytest.mark.django_db

OF_NAMES = 8
"""Kinds of rows that the rows below point at, and the names of cities."""


def edited(times: int) -> None:
    """So many more of everything that is called by another row's name."""
    for number in range(times):
        which = f"{WorkerSkill.objects.count()}-{number}"
        city = make_city(f"city-{which}", f"城{which}")
        make_category(f"category-{city.code}")
        make_service(f"service-{city.code}")
        make_worker(city=city.code)
        make_campaign(cut(500), city=city.code, live=False)
        layouts.put_part(by=None, city=city.code, part=Part(body=Notice(text="照常"), title="公告"))


def queries() -> int:
    with CaptureQueriesContext(connection) as asked:
        trail.last_changes()
    return len(asked)


def test_more_edits_ask_no_more_of_the_database() -> None:
    edited(2)
    few = queries()
    edited(5)
    assert queries() == few
    assert few <= 3 * len(TRACKED) + OF_NAMES


def test_what_is_not_shown_is_not_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    edited(3)
    make_city("suzhou")
    monkeypatch.setattr(trail, "MOST", 1)
    # When the newest of each model was, the one that is shown and the one before it, what cities are called.
    assert queries() <= len(TRACKED) + 3
    assert len(trail.last_changes()) == 1


def test_a_row_of_a_city_is_called_by_the_city_s_name() -> None:
    edited(1)
    said = [words for change in trail.last_changes() for _, *both in change.fields for words in both]
    assert "城0-0" in said
    assert "王师傅" in "".join(said)
    assert not [words for words in said if words.startswith("首页：")]


def test_a_service_shows_edits_of_its_options_answers_after_the_option_is_gone_too() -> None:
    make_city()
    rooms = Option("rooms", "房间", choices=(Choice("two", "两居"),))
    service, staff = make_service(options=(rooms,)), make_staff()
    draft = drafted(service)
    dearer = replace(rooms, choices=(Choice("two", "两居", 1_000),))
    for options in ((dearer,), ()):
        with trail.edited_by(staff, reason="调价"):
            write_service(slug=service.slug, category=service.category, sold=replace(draft, options=options))
    of_answers = [change for change in trail.changes_of(service) if change.title == "选项答案"]
    assert {
        change.what: (change.name, change.actor_id, change.fields) for change in of_answers if change.what != "新建"
    } == {
        "修改": ("两居", staff.pk, [("价格", "¥0.00", "¥10.00")]),
        "删除": ("两居", staff.pk, []),
    }
    assert trail.edited_by_staff("catalog.Service") == {service.pk}


def test_a_service_is_edited_by_staff_where_an_answer_is() -> None:
    make_city()
    service = make_service(options=(Option("rooms", "房间", choices=(Choice("two", "两居"),)),))
    make_service("other")
    assert trail.edited_by_staff("catalog.Service") == set()
    with trail.edited_by(make_staff(), reason="调价"):
        OptionChoice.objects.filter(option__service=service).update(price_fen=1_000)
    assert trail.edited_by_staff("catalog.Service") == {service.pk}
