"""Every page of the back office: nobody without a duty, nobody of another city, and in Chinese throughout."""

import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import unfold
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from tests.web.ops.office import colleague, office_of, words_of
from tests.web.ops.world import furnished
from tests.web.people import CITY, make_city
from web.accounts.encryption import EncryptedTextField
from web.accounts.models import EVERY_CITY, Customer
from web.catalog.models import City, Service
from web.ops import pages
from web.ops.base import OpsAdmin
from web.ops.models import TRACKED
from web.orders.models import Order

pytestmark = pytest.mark.django_db

LISTS = sorted(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry)
CODES_OF_CITIES = ("/ops/catalog/city/", "/ops/catalog/city/add/", "/ops/changes/")
LATIN = re.compile(r"[A-Za-z]{3,}")
NO_WORDS = re.compile(
    # What stands on pages as it is: codes, keys and slugs in <code>, names of formats, what people typed.
    r"\b(?:esc|xlsx|csv|GeoJSON|JSON|GCJ|Temporal|order|staff|worker|hangzhou|shanghai|daily|cleaning|catalog|services|svg|slug)\b",
    re.IGNORECASE,
)


def pages_of(rows: dict[type[Model], Any]) -> Iterator[tuple[str, Any]]:
    """(address, row or None) of every page there is."""
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist"), None
        yield reverse(f"{name}_add"), None
        if hasattr(page, "resource"):
            yield reverse(f"{name}_import"), None
            yield reverse(f"{name}_export"), None
        for kind in ("change", "history", "delete"):
            yield reverse(f"{name}_{kind}", args=[rows[model].pk]), rows[model]
        for action in getattr(page, "actions_detail", None) or ():
            path = getattr(page, action).url_path if hasattr(getattr(page, action), "url_path") else action
            yield f"{reverse(f'{name}_changelist')}{rows[model].pk}/{path}/", rows[model]
    for address, _, _ in pages.PAGES:
        yield f"/ops/{address}", None


def test_nobody_opens_a_page_without_signing_in() -> None:
    for address, _ in pages_of(furnished()):
        answer = Client().get(address)
        assert (answer.status_code, "/ops/" in answer.headers.get("Location", "/ops/")) in ((302, True), (301, True)), (
            address
        )


def test_who_has_no_duty_opens_the_home_page_alone() -> None:
    rows, client = furnished(), office_of(colleague(city=EVERY_CITY))
    assert client.get("/ops/").status_code == 200
    for address, _ in pages_of(rows):
        assert client.get(address).status_code in (301, 302, 403), address


def test_a_manager_of_all_opens_every_page_and_reads_chinese() -> None:
    rows, client = furnished(), office_of(colleague("manager", city=EVERY_CITY))
    shut, english, coded = dict[str, int](), dict[str, list[str]](), list[str]()
    opened, own_words = set[str](), names_in(rows)
    for address, row in pages_of(rows):
        answer = client.get(address)
        if answer.status_code in (301, 302):
            # To a page that is opened here itself; of another row's page only whether it is there.
            if client.get(answer.headers["Location"]).status_code not in (200, 403, 404):
                shut[address] = answer.status_code
        elif answer.status_code == 200:
            opened.add(address)
            words = words_of(answer)
            if found := {word for word in LATIN.findall(NO_WORDS.sub("", words)) if word not in own_words}:
                english[address] = sorted(found)
            # A city's own page has its code, and the trail of its making.
            if CITY in words and not isinstance(row, City) and address not in CODES_OF_CITIES:
                coded.append(address)
        elif answer.status_code not in (403, 404):
            shut[address] = answer.status_code
    assert not shut
    assert not english
    assert not coded
    assert len(LISTS) > 20
    assert {reverse(name) for name in LISTS} <= opened


def test_somebody_of_another_city_edits_nothing_and_reads_nothing_of_this_one() -> None:
    rows = furnished()
    make_city("shanghai")
    client = office_of(colleague("manager", city="shanghai"))
    for model, page in admin.site._registry.items():
        name, row = f"admin:{model._meta.app_label}_{model._meta.model_name}", rows[model]
        assert isinstance(page, OpsAdmin)
        of_city = page.scope_of(row) == CITY or getattr(row, "city", None) == CITY
        answer = client.get(reverse(f"{name}_change", args=[row.pk]))
        if of_city:
            assert answer.status_code == 302, f"{model.__name__} of {CITY} is read in shanghai"
        for kind in ("change", "delete"):
            before = columns_of(model)
            done = client.post(reverse(f"{name}_{kind}", args=[row.pk]), {"reason": "试试", "post": "yes"})
            assert done.status_code in (302, 403), (model.__name__, kind, done.status_code)
            assert columns_of(model) == before


def test_who_only_reads_a_colleague_sees_nothing_of_his_password() -> None:
    make_city()
    client, chief = office_of(colleague("manager", city=EVERY_CITY)), colleague(is_superuser=True, city=EVERY_CITY)
    page = client.get(f"/ops/accounts/staff/{chief.pk}/change/")
    assert page.status_code == 200
    assert "密码" not in words_of(page).split(str(chief.username))[-1]
    assert chief.password not in page.content.decode()


def columns_of(model: type[Model]) -> list[Any]:
    """All rows, without what is sealed."""
    names = [field.attname for field in model._meta.concrete_fields if not isinstance(field, EncryptedTextField)]
    return list(model._default_manager.order_by("pk").values_list(*names))


def names_in(rows: dict[type[Model], Any]) -> set[str]:
    """Words that stand in the rows themselves."""
    values = [str(value) for row in rows.values() for value in vars(row).values()]
    return {word for value in values for word in LATIN.findall(value)}


TRANSLATED = re.compile(r"""{%\s*(?:trans|translate)\s+(?:"([^"]+)"|'([^']+)')|\b_\(\s*(?:"([^"]+)"|'([^']+)')\s*\)""")


def test_every_word_of_unfold_has_its_chinese() -> None:
    known = set[str]()
    places = ("django/conf", "django/contrib/admin", "django/contrib/auth", "import_export")
    packages = Path(unfold.__file__).parents[1]
    for folder in [*(packages / place for place in places), settings.BASE_DIR / "web" / "ops"]:
        with (folder / "locale/zh_Hans/LC_MESSAGES/django.mo").open("rb") as compiled:
            catalogue: dict[Any, str] = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
        known |= {key if isinstance(key, str) else key[0] for key in catalogue}
    said = set[str]()
    for file in Path(unfold.__file__).parent.rglob("*"):
        if file.suffix in (".html", ".py") and "contrib/location_field" not in str(file):
            said |= {next(filter(None, found)) for found in TRANSLATED.findall(file.read_text())}
    assert len(said) > 150
    assert not sorted(said - known)


def test_the_compiled_words_are_the_written_ones() -> None:
    folder = settings.BASE_DIR / "web/ops/locale/zh_Hans/LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        compiled: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    written = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', (folder / "django.po").read_text(), flags=re.MULTILINE)
    assert len(written) > 90
    for source, chinese in written:
        assert compiled[source.replace('\\"', '"')] == chinese.replace('\\"', '"')


HALF_WIDTH = re.compile(r"[㐀-鿿] ?[.,;:!?](?![\w/])|[.,;:!?] ?[㐀-鿿]")
A_LIST_FOR_MACHINES = "yes,no,maybe"


def test_no_chinese_text_has_a_half_width_stop() -> None:
    with translation.override("zh-hans"):
        catalogue = trans_real.catalog()._catalog  # type: ignore[attr-defined]
    shown = {source: catalogue[source] for source, _ in catalogue.items()}
    assert shown[A_LIST_FOR_MACHINES] == "是,否,也许"
    texts = [text for source, text in shown.items() if source not in ("", A_LIST_FOR_MACHINES)]
    assert len(texts) > 1_000
    assert not [text for text in texts if HALF_WIDTH.search(text)]


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("accounts/staff", "password__startswith"),
        ("accounts/customer", "phone_hash__startswith"),
        ("orders/order", "start_code"),
        ("orders/order", "customer__password__startswith"),
        ("marketing/exchange", "place__contains"),
    ],
)
def test_a_list_is_asked_for_nothing_but_what_it_has_a_filter_for(page: str, asked: str) -> None:
    furnished()
    client = office_of(colleague("manager", city=EVERY_CITY))
    assert client.get(f"/ops/{page}/", {asked: "1"}).status_code == 400


def test_links_and_filters_still_find_their_rows() -> None:
    rows, client = furnished(), office_of(colleague("manager", city=EVERY_CITY))
    for address in (
        f"/ops/accounts/customer/{rows[Customer].pk}/orders/",
        f"/ops/catalog/service/{rows[Service].pk}/shelves/",
        f"/ops/orders/order/?standing=live&phase__exact={rows[Order].phase}&city={CITY}",
    ):
        answer = client.get(address, follow=True)
        assert (answer.status_code, b"result_list" in answer.content) == (200, True), address


def test_whatever_a_page_edits_has_a_trail() -> None:
    edited = {model._meta.concrete_model for model, page in admin.site._registry.items() if page.editable}  # type: ignore[attr-defined]
    # His review is a `StaffAction`: nothing of a customer is copied into a trail.
    assert edited - {Customer._meta.concrete_model} <= set(TRACKED)
    parts = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert parts <= set(TRACKED)
