"""The receipts that 腾讯云短信 pushes: a JSON array, up to a hundred at once. The phones in it are not looked at."""

from typing import Any

from web.notifications.channels import Report

NUMBER_MAX = 80


def read_receipts(body: Any) -> list[Report]:
    """Raises KeyError, TypeError, ValueError for what is none of them."""
    if not isinstance(body, list):
        raise TypeError("no array")
    return [_read(one) for one in body]


def _read(one: dict[str, Any]) -> Report:
    number, status = str(one["sid"]), str(one["report_status"])
    if not 0 < len(number) <= NUMBER_MAX or status not in ("SUCCESS", "FAIL"):
        raise ValueError("no receipt")
    arrived = status == "SUCCESS"
    ours = str(one.get("ext") or "")
    return Report(
        number,
        arrived=arrived,
        code="" if arrived else str(one.get("errmsg") or "FAIL")[:NUMBER_MAX],
        delivery_id=int(ours) if ours.isascii() and ours.isdecimal() and len(ours) < 19 else None,
    )
