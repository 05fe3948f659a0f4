"""Tables: a dry run with its difference, then all or nothing, by services; formulas are escaped."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from openpyxl import load_workbook
from structlog.testing import capture_logs

from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.people import CITY, make_city, make_service, make_worker
from web.accounts.models import EVERY_CITY
from web.catalog.content import AddOn
from web.catalog.models import Service
from web.catalog.resources import ServiceResource
from web.ops.columns import Minutes
from web.ops.fields import MinutesField
from web.workforce.models import Worker

pytestmark = pytest.mark.django_db

HEAD = (
    "标识,名称,分类标识,介绍,所需技能,价格（元）,上门费（元）,时长（分钟）,上门人数,所需证书,包含,不包含,标签,排序,图片"
)

A_PRICE = (
    "服务标识,标识,名称,单位,价格（元）,最多数量,加时（分钟）,触发条件\ndaily-cleaning,oven,烤箱清洁,台,60,2,20,\n"
)


@pytest.fixture
def office() -> Client:
    """Of an operator of every city."""
    make_city()
    return office_of(colleague("operator", city=EVERY_CITY))


def brought(office: Client, page: str, table: str) -> Any:
    """The dry run's page."""
    file = SimpleUploadedFile("table.csv", table.encode("utf-8-sig"), content_type="text/csv")
    return office.post(f"{page}import/", {"import_file": file, "format": "0", "resource": ""})


def confirmed(office: Client, page: str, dry: Any) -> Any:
    return office.post(f"{page}process_import/", form_of(dry))


def test_the_dry_run_shows_the_difference_and_changes_nothing(office: Client) -> None:
    service = make_service()
    table = f"{HEAD}\ndaily-cleaning,日常保洁,cleaning,两小时,cleaning,128.50,10,120,1,,,,,0,\n"
    dry = brought(office, "/ops/catalog/service/", table)
    assert "128.50" in words_of(dry).replace(" ", "")
    assert Service.objects.get(pk=service.pk).price_fen == 9_900
    done = confirmed(office, "/ops/catalog/service/", dry)
    assert done.status_code == 302
    now = Service.objects.get(pk=service.pk)
    assert (now.price_fen, now.introduction) == (12_850, "两小时")
    assert now.published == service.published, "what comes in is a draft"
    assert list(now.steps.values_list("name", flat=True)) == ["铺鞋套", "清洁厨房"]
    assert "导入 table.csv" in words_of(office.get(f"/ops/catalog/service/{service.pk}/history/"))


def test_one_wrong_line_and_nothing_comes_in(office: Client) -> None:
    make_service()
    table = (
        f"{HEAD}\ndaily-cleaning,改名,cleaning,两小时,cleaning,128.50,10,120,1,,,,,0,\n"
        "other,另一个,nowhere,介绍,cleaning,1.001,0,60,1,,,,,0,\n"
    )
    dry = brought(office, "/ops/catalog/service/", table)
    assert "导入" in words_of(dry)
    assert "确认导入" not in words_of(dry)
    assert set(Service.objects.values_list("name", flat=True)) == {"日常保洁"}


def test_what_became_wrong_after_the_dry_run_comes_in_not_at_all(office: Client) -> None:
    service = make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    table = "服务标识,标识,名称,单位,价格（元）,最多数量,加时（分钟）,触发条件\n"
    table += "daily-cleaning,oven,烤箱清洁,台,60,2,20,\ndaily-cleaning,hood,油烟机,台,90,1,30,油污重时\n"
    dry = brought(office, "/ops/catalog/priceitem/", table)
    Service.objects.filter(pk=service.pk).update(slug="renamed")
    done = confirmed(office, "/ops/catalog/priceitem/", dry)
    assert done.status_code == 302
    assert list(service.price_list.values_list("key", "price_fen")) == [("oven", 5_000)]


def test_what_was_confirmed_is_confirmed_once(office: Client) -> None:
    service = make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    page = "/ops/catalog/priceitem/"
    dry = brought(office, page, A_PRICE)
    confirmed(office, page, dry)
    service.price_list.update(price_fen=7_000)
    again = office.post(f"{page}process_import/", form_of(dry), follow=True)
    assert again.redirect_chain == [(f"{page}import/", 302)]
    assert "这份文件已经确认过" in words_of(again)
    assert service.price_list.get().price_fen == 7_000


def test_what_did_not_come_in_can_be_confirmed_again(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    page, dry = "/ops/catalog/priceitem/", brought(office, "/ops/catalog/priceitem/", A_PRICE)

    def deadlocks(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("web.ops.importing.edited_by", deadlocks)
        with pytest.raises(OperationalError):
            confirmed(office, page, dry)
    confirmed(office, page, dry)
    assert service.price_list.get().price_fen == 6_000


def test_who_may_not_import_confirms_nothing_of_a_colleague_s(office: Client) -> None:
    service = make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    page, dry = "/ops/catalog/priceitem/", brought(office, "/ops/catalog/priceitem/", A_PRICE)
    assert confirmed(office_of(colleague("finance", city=EVERY_CITY)), page, dry).status_code == 403
    assert service.price_list.get().price_fen == 5_000
    confirmed(office, page, dry)
    assert service.price_list.get().price_fen == 6_000


def test_a_line_that_fails_in_a_way_of_its_own_is_told_and_logged_without_its_content(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))

    def fails(*args: Any) -> None:
        raise RuntimeError("13800001111")

    monkeypatch.setattr("web.catalog.resources.PriceResource.check", fails)
    with capture_logs() as logs:
        dry = brought(office, "/ops/catalog/priceitem/", A_PRICE)
    assert "这一行无法导入" in words_of(dry)
    failed = [one for one in logs if one["event"] == "line_failed"]
    assert [one["error"] for one in failed] == ["RuntimeError"]
    assert "importing.py:" in failed[0]["at"]
    assert "13800001111" not in str(logs)


def test_prices_come_in_by_their_keys(office: Client) -> None:
    service = make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    table = "服务标识,标识,名称,单位,价格（元）,最多数量,加时（分钟）,触发条件\n"
    table += "daily-cleaning,oven,烤箱清洁,台,60,2,20,\ndaily-cleaning,hood,油烟机,台,90,1,30,油污重时\n"
    assert (
        confirmed(office, "/ops/catalog/priceitem/", brought(office, "/ops/catalog/priceitem/", table)).status_code
        == 302
    )
    assert list(service.price_list.values_list("key", "price_fen", "extra_s")) == [
        ("oven", 6_000, 1_200),
        ("hood", 9_000, 1_800),
    ]


def test_formulas_go_out_as_texts(office: Client) -> None:
    make_service(name="=1+1")
    answer = office.post("/ops/catalog/service/export/", {"format": "0", "resource": ""} | exported(office))
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(b"".join(answer) if answer.streaming else answer.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value and "1+1" in str(cell.value)]
    assert cells
    assert all(cell.data_type != "f" and not str(cell.value).startswith("=") for cell in cells)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(1+1)", "+1+cmd|'/C calc'!A0", "-2+3+cmd", "\tx=1"])
def test_what_looks_like_a_formula_comes_back_as_it_was(name: str) -> None:
    service = make_service(name=name)
    resource = ServiceResource(rows=Service.objects.filter(pk=service.pk))
    table = resource.export()
    (written,) = (value for header, value in zip(table.headers, table[0], strict=True) if header == "名称")
    assert written == f"'{name}"
    row = dict(zip(table.headers, table[0], strict=True))
    resource.before_import_row(row)
    assert row["名称"] == name


def test_parts_of_a_minute_come_back_as_they_went_out() -> None:
    widget = Minutes()
    assert [widget.clean(widget.render(seconds)) for seconds in (0, 25, 30, 90, 7_200)] == [0, 25, 30, 90, 7_200]
    for wrong in ("nan", "Infinity", "-1", "一小时"):
        with pytest.raises(ValueError, match="不是分钟数"):
            widget.clean(wrong)
    field = MinutesField()
    assert [field.clean(field.prepare_value(seconds)) for seconds in (25, 30, 90)] == [25, 30, 90]
    assert not field.has_changed(25, field.prepare_value(25))


def exported(office: Client) -> dict[str, str]:
    return {
        name: value for name, value in form_of(office.get("/ops/catalog/service/export/")).items() if name != "format"
    }


def test_areas_of_workers_of_ones_own_city_only() -> None:
    make_city()
    make_city("shanghai")
    mine, other = make_worker(), make_worker(city="shanghai")
    office = office_of(colleague("manager", city=CITY))
    square = '{""type"":""Polygon"",""coordinates"":[[[120.1,30.2],[120.2,30.2],[120.2,30.3],[120.1,30.2]]]}'
    table = f'服务人员编号,"服务区域（GeoJSON，GCJ-02）"\n{mine.pk},"{square}"\n'
    done = confirmed(office, "/ops/workforce/worker/", brought(office, "/ops/workforce/worker/", table))
    assert done.status_code == 302
    assert Worker.objects.get(pk=mine.pk).area["coordinates"][0][0] == [120.1, 30.2]
    dry = brought(office, "/ops/workforce/worker/", table.replace(f"\n{mine.pk},", f"\n{other.pk},"))
    assert "没有这个服务人员" in words_of(dry)
