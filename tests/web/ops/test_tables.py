"""Files that come in: what is read of them, and what is told of those that are none."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from tests.web.marketing.offers import make_kind
from tests.web.ops.office import colleague, form_of, office_of, words_of
from tests.web.ops.test_terms import ENGLISH
from tests.web.people import CITY, make_city, make_service, make_worker
from web.accounts.models import EVERY_CITY
from web.catalog.content import AddOn
from web.catalog.models import PriceItem, Service
from web.ops.tables import MOST
from web.orders.discounts import Discount

pytestmark = pytest.mark.django_db

PRICES = "/ops/catalog/priceitem/"
HEAD = "服务标识,标识,名称,单位,价格（元）,最多数量,加时（分钟）,触发条件"
TABLE = f"{HEAD}\ndaily-cleaning,oven,烤箱清洁,台,60,2,20,油污重时\n"


@pytest.fixture
def office() -> Client:
    """Of an operator of every city, where a service is."""
    make_city()
    make_service(add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),))
    return office_of(colleague("operator", "marketing", "manager", city=EVERY_CITY))


def brought(office: Client, file: bytes, *, page: str = PRICES, name: str = "table.csv") -> Any:
    """The dry run's page, or the form with what is wrong."""
    fields = form_of(office.get(f"{page}import/"))
    return office.post(f"{page}import/", fields | {"import_file": SimpleUploadedFile(name, file)})


def sheet(*lines: tuple[object, ...]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    for line in lines:
        book.active.append(line)
    book.save(file)
    return file.getvalue()


def damaged(file: bytes) -> bytes:
    """With wrong bytes in the compressed lines."""
    place = file.index(b"xl/worksheets/sheet1.xml") + 40
    return file[:place] + b"\xff" * 20 + file[place + 20 :]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_csv_of_excel_is_read_whatever_it_is_encoded_in(office: Client, encoding: str) -> None:
    dry = brought(office, TABLE.encode(encoding))
    assert office.post(f"{PRICES}process_import/", form_of(dry)).status_code == 302
    item = PriceItem.objects.get()
    assert (item.price_fen, item.condition, item.unit) == (6_000, "油污重时", "台")


@pytest.mark.parametrize("name", ["table.xlsx", "table.csv"])
def test_a_sheet_is_read_whatever_it_is_called_with_numbers_as_they_are_shown(office: Client, name: str) -> None:
    values = ("daily-cleaning", "oven", 2026, "台", 19.989999999999998, 2.0, 0, None)
    dry = brought(office, sheet(tuple(HEAD.split(",")), (None,) * 8, values), name=name)
    assert "行号" in words_of(dry)
    assert office.post(f"{PRICES}process_import/", form_of(dry)).status_code == 302
    item = PriceItem.objects.get()
    assert (item.name, item.price_fen, item.max_quantity) == ("2026", 1_999, 2)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (b"\xef\xbb\xbf \r\n", "文件是空的"),
        (f"{HEAD}\n,,,\n".encode(), "表格只有表头，没有内容"),
        ("明天开始烤箱清洁涨价\n".encode(), "缺少列：服务标识、标识、名称、单位、价格（元）、最多数量"),
        (TABLE.encode("utf-16"), "无法识别文件：请上传 .xlsx，或以 UTF-8、GBK、GB18030 编码的 CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "无法识别文件"),
        (sheet(tuple(HEAD.split(",")))[:200], "文件已损坏，或不是 .xlsx 表格"),
        (damaged(sheet(tuple(HEAD.split(",")))), "文件已损坏，或不是 .xlsx 表格"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "请在 Excel 中另存为 .xlsx 或 CSV"),
        (TABLE.replace("价格（元）,", "价钱,").encode(), "缺少列：价格（元）；没有这样的列：价钱"),
        (TABLE.replace("名称,", "名称,名称,").encode(), "重复的列：名称"),
        (TABLE.replace("油污重时", "油污重时,而且").encode(), "第 2 行的内容比表头多"),
        (f"{HEAD}\n".encode() + b"x,y\n" * MOST, f"一次最多导入 {MOST} 行"),
    ],
)
def test_what_is_no_table_is_told_in_chinese(office: Client, file: bytes, told: str) -> None:
    answer = brought(office, file)
    assert told in words_of(answer)
    assert not ENGLISH.search(words_of(answer))
    assert "确认导入" not in words_of(answer)


def test_a_column_that_is_not_needed_may_be_missing_and_what_stands_there_stays(office: Client) -> None:
    PriceItem.objects.update(extra_s=600, condition="油污重时")
    dry = brought(office, "服务标识,标识,名称,单位,价格（元）,最多数量\ndaily-cleaning,oven,烤箱,台,60,2\n".encode())
    assert office.post(f"{PRICES}process_import/", form_of(dry)).status_code == 302
    item = PriceItem.objects.get()
    assert (item.name, item.extra_s, item.condition) == ("烤箱", 600, "油污重时")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nowhere,oven,烤箱,台,60,2,20,", "服务标识: 没有「nowhere」"),
        (",oven,烤箱,台,60,2,20,", "服务标识: 不能为空"),
        ("daily-cleaning,炉子!,烤箱,台,60,2,20,", "标识: "),
        ("daily-cleaning,oven,,台,60,2,20,", "名称: 不能为空"),
        ("daily-cleaning,oven,烤箱,台,六十,2,20,", "价格（元）: 不是金额"),
        ("daily-cleaning,oven,烤箱,台,NaN,2,20,", "价格（元）: 不是金额"),
        ("daily-cleaning,oven,烤箱,台,1.001,2,20,", "价格（元）: 金额最多两位小数"),
        ("daily-cleaning,oven,烤箱,台,-1,2,20,", "价格（元）: 确保该值大于或等于0"),
        ("daily-cleaning,oven,烤箱,台,60,两,20,", "最多数量: 不是整数"),
        ("daily-cleaning,oven,烤箱,台,60,1.5,20,", "最多数量: 不是整数"),
        ("daily-cleaning,oven,烤箱,台,60,,20,", "最多数量: 不能为空"),
        ("daily-cleaning,oven,烤箱,台,60,2,很久,", "加时（分钟）: 不是分钟数"),
        (f"daily-cleaning,oven,{'长' * 41},台,60,2,20,", "名称: 最多 40 个字"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_under_the_head_of_its_column(office: Client, line: str, told: str) -> None:
    answer = brought(office, f"{HEAD}\n\n\n{line}\n".encode())
    assert told in words_of(answer)
    assert "有些行有错误，什么也没有导入" in words_of(answer)
    assert f"4 {line.split(',')[0]}".strip() in words_of(answer), "an empty line counts"
    assert not ENGLISH.search(words_of(answer))


def test_no_two_lines_are_about_the_same_row(office: Client) -> None:
    answer = brought(office, f"{TABLE}\ndaily-cleaning,oven,烤箱,台,70,2,20,\n".encode())
    assert "与第 2 行是同一条" in words_of(answer)


def test_the_difference_shows_what_was_and_what_will_be(office: Client) -> None:
    content = brought(office, TABLE.encode()).content.decode()
    assert "<del>50.00</del> <ins>60.00</ins>" in content


def test_the_difference_has_the_numbers_of_its_lines(office: Client) -> None:
    answer = brought(office, f"{TABLE}\ndaily-cleaning,hood,油烟机,台,90,1,30,\n".encode())
    said = words_of(answer)
    assert "行号 服务标识" in said
    assert said.index("更新 2 ") < said.index("新增 4 ")


def test_what_is_wrong_with_services_areas_and_coupons(office: Client) -> None:
    make_worker()
    service = "标识,名称,分类标识,介绍,所需技能,价格（元）,时长（分钟）,上门人数\n"
    for page, table, told in (
        ("catalog/service", f"{service}a,甲,nowhere,介绍,cleaning,1,60,1\n", "分类标识: 没有「nowhere」"),
        ("catalog/service", f"{service}a,甲,cleaning,介绍,cleaning,1,0,0\n", "时长须大于 0；上门人数至少为 1"),
        (
            "workforce/worker",
            '服务人员编号,"服务区域（GeoJSON，GCJ-02）"\n王师傅,"{""a"":1}"\n',
            "整行: 没有这个服务人员",
        ),
        ("workforce/worker", '服务人员编号,"服务区域（GeoJSON，GCJ-02）"\n1,河西\n', ": 不是 GeoJSON"),
        ("marketing/couponkind", "编号,名称,发放方式\n一,券,sent\n", "编号: 不是整数"),
        ("marketing/couponkind", "编号,名称,发放方式\n999,券,sent\n", "没有这个编号；新的优惠券不填编号"),
        ("marketing/couponkind", "编号,名称,发放方式,折扣（如 8.5）\n,券,sent,12\n", "折扣（如 8.5）: 折扣为 0.1"),
        ("marketing/couponkind", "编号,名称,发放方式,折扣（如 8.5）\n,券,sent,8\n", "只填领取后有效天数"),
        ("marketing/couponkind", "编号,名称,发放方式\n,券,送的\n", "发放方式: 只能是用户领取、平台发放"),
        (
            "marketing/couponkind",
            "编号,名称,发放方式,折扣（如 8.5）,领取后有效天数,城市代码（空为全部）\n,券,平台发放,8,7,nowhere\n",
            "没有代码为「nowhere」的城市",
        ),
        ("marketing/couponkind", "编号,名称,发放方式,领取开始\n,券,sent,明天\n", "领取开始: 不是时间，请写成"),
        ("marketing/couponkind", "编号,名称,发放方式,领取后有效天数\n,券,sent,7\n", "满减和折扣二选一"),
    ):
        answer = brought(office, table.encode("gbk"), page=f"/ops/{page}/")
        assert told in words_of(answer), words_of(answer)[-900:]
        assert not ENGLISH.search(words_of(answer))
    assert Service.objects.count() == 1


def test_a_table_without_the_columns_of_a_discount_leaves_it_as_it_is(office: Client) -> None:
    kind = make_kind(Discount(off_bp=1_500), city=CITY, live=False)
    page = "/ops/marketing/couponkind/"
    dry = brought(office, f"编号,名称,发放方式\n{kind.pk},改名券,{kind.how}\n".encode(), page=page)
    assert office.post(f"{page}process_import/", form_of(dry)).status_code == 302
    kind.refresh_from_db()
    assert (kind.name, kind.discount) == ("改名券", Discount(off_bp=1_500))


def test_what_goes_out_as_csv_is_opened_by_excel(office: Client) -> None:
    out = office.post(f"{PRICES}export/", form_of(office.get(f"{PRICES}export/")) | {"format": "1"})
    assert out.content.startswith(b"\xef\xbb\xbf")
    assert "烤箱清洁" in out.content.decode("utf-8-sig")
