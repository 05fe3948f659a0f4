"""Tables that come in: XLSX or CSV, told apart by what the file begins with and not by its name."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import openpyxl
import structlog
import tablib
from import_export.formats.base_formats import Format

log = structlog.get_logger("tables")

MOST = 50_000
"""Lines of a table."""

LINE = "行号"
"""The column in which each row of a dataset has its line in the table, whose head is the first."""

ENCODINGS = ("utf-8-sig", "gb18030")
"""The second is what Excel writes in China; it knows all of GBK."""

XLSX, XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Unreadable(Exception):
    """What came is no such table; says why in Chinese."""


class Table(Format):
    """A file with these columns, those that are needed among them."""

    def __init__(self, columns: Sequence[str], needed: Sequence[str], encoding: str = "") -> None:
        self.columns, self.needed = columns, needed

    def get_title(self) -> str:
        """Of both formats."""
        return "XLSX、CSV"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """Its lines without the empty ones. Raises Unreadable."""
        lines = [(number, line) for number, line in enumerate(_lines_of(in_stream), 1) if _says_something(line)]
        if not lines:
            raise Unreadable("文件是空的")
        (_, head), *rows = lines
        heads = self._checked(head)
        if not rows:
            raise Unreadable("表格只有表头，没有内容")
        dataset = tablib.Dataset(headers=[LINE, *heads])
        for number, line in rows:
            if _says_something(line[len(heads) :]):
                raise Unreadable(f"第 {number} 行的内容比表头多")
            dataset.append([number, *line[: len(heads)], *[""] * (len(heads) - len(line))])
        return dataset

    def _checked(self, head: Sequence[Any]) -> list[str]:
        heads = [str(name).strip() for name in head]
        while not heads[-1]:
            heads.pop()
        faults = {
            "缺少列": [name for name in self.needed if name not in heads],
            "没有这样的列": [name or "（空）" for name in heads if name not in self.columns],
            "重复的列": sorted({name for name in heads if heads.count(name) > 1}),
        }
        told = [f"{what}：{'、'.join(names)}" for what, names in faults.items() if names]
        if told:
            raise Unreadable(f"第一行应为表头，可先导出一份作为样本。{'；'.join(told)}")
        return heads


def _says_something(line: Sequence[Any]) -> bool:
    return any(str(value).strip() for value in line)


def _lines_of(data: bytes) -> Iterable[Sequence[Any]]:
    if data.startswith(XLS):
        raise Unreadable("这是旧的 .xls 文件，请在 Excel 中另存为 .xlsx 或 CSV")
    if data.startswith(XLSX):
        return _of_sheet(data)
    try:
        return _bounded(csv.reader(io.StringIO(_text_of(data), newline="")))
    except csv.Error:
        raise Unreadable("文件不是 CSV 表格") from None


def _bounded(lines: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    first = list(islice(lines, MOST + 1))
    if len(first) > MOST:
        raise Unreadable(f"一次最多导入 {MOST} 行")
    return first


def _of_sheet(data: bytes) -> Iterator[Sequence[Any]]:
    try:
        sheet: Any = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).active
        lines = _bounded(sheet.iter_rows(values_only=True))
    except Unreadable:
        raise
    except Exception as broken:
        # Of zip, deflate, XML and openpyxl; nothing of ours is done here.
        log.warning("sheet_unreadable", error=type(broken).__name__)
        raise Unreadable("文件已损坏，或不是 .xlsx 表格") from None
    return ([_cell(value) for value in line] for line in lines)


def _cell(value: Any) -> Any:
    # A number is shown to 15 places, and without those that say nothing.
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else value


def _text_of(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("无法识别文件：请上传 .xlsx，或以 UTF-8、GBK、GB18030 编码的 CSV")
