"""零结果: what was looked for and not found, and what was found and looked at, for whoever may see it, of his city."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.web.ops.office import colleague, office_of, words_of
from tests.web.people import make_city, make_service
from web.accounts.models import EVERY_CITY
from web.catalog import demand, services
from web.catalog.models import Search

pytestmark = pytest.mark.django_db

PAGE = "/ops/searched-in-vain/"


def searched(query: str, city: str, *, found: bool) -> None:
    service = make_service("sofa", name="沙发清洗")
    shown = [service.pk] if found else []
    made = services.record_search(user=None, city=city, query=query, found=len(shown), shown=shown)
    if found:
        services.record_click(token=made.token, service_id=service.pk, position=1)


def test_it_tells_what_was_not_found_and_what_was_clicked_in_his_city() -> None:
    make_city()
    make_city("suzhou")
    searched("直升机", "hangzhou", found=False)
    searched("沙发", "hangzhou", found=True)
    searched("潜水艇", "suzhou", found=False)
    said = words_of(office_of(colleague("operator")).get(PAGE))
    assert "直升机" in said
    assert "潜水艇" not in said
    assert "沙发 1 0 1 沙发清洗" in " ".join(said.split())
    assert "潜水艇" in words_of(office_of(colleague("operator", city=EVERY_CITY)).get(PAGE))


def test_of_more_searches_than_can_be_counted_it_tells_the_last_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    make_city()
    office, now = office_of(colleague("operator")), timezone.now()
    for days, query in ((3, "直升机"), (2, "潜水艇"), (1, "热气球")):
        searched(query, "hangzhou", found=False)
        Search.objects.filter(query=query).update(at=now - timedelta(days=days))
    searched("滑翔伞", "suzhou", found=False)
    searched("降落伞", "hangzhou", found=False)
    assert "只统计了" not in words_of(office.get(PAGE))
    monkeypatch.setattr(demand, "AMONG", 2)
    said = words_of(office.get(PAGE))
    assert f"只统计了 {timezone.localtime(now - timedelta(days=1)):%Y-%m-%d %H:%M} 以来的搜索" in said
    assert [one in said for one in ("直升机", "潜水艇", "热气球", "降落伞")] == [False, False, True, True]


def test_it_is_for_those_whose_duty_it_is() -> None:
    make_city()
    assert office_of(colleague()).get(PAGE).status_code == 403


def test_a_word_of_a_hundred_letters_leaves_room_for_the_other_columns() -> None:
    """How that looks, `tests/e2e/ops/test_long_words.py` sees."""
    make_city()
    searched("a" * 100, "hangzhou", found=False)
    page = office_of(colleague("operator")).get(PAGE).content.decode()
    assert re.search(r'<td class="[^"]*ops-typed[^"]*">a{100}</td>', page)
    assert "/static/ops/office.css" in page
    sheet = (settings.BASE_DIR / "web/ops/static/ops/office.css").read_text()
    assert re.search(r"\.ops-typed {[^}]*overflow-wrap: anywhere", sheet)
