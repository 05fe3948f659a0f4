"""Columns of tables that go out and come in: what stands in them as people write it. What is wrong is a ValueError."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from import_export.fields import Field
from import_export.widgets import DateTimeWidget, ForeignKeyWidget, IntegerWidget, Widget

from web.ops.fields import FEN
from web.ops.labels import label_of
from web.times import in_minutes


class Whole(IntegerWidget):
    """A whole number, or nothing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        """Raises ValueError for what is none."""
        if self.is_empty(value):
            return None
        try:
            return int(str(value).strip())
        except ValueError:
            raise ValueError("不是整数") from None


class Known(ForeignKeyWidget):
    """A row of another table by its key, or nothing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Raises ValueError for one that is not there."""
        try:
            return super().clean(str(value).strip(), row, **kwargs)
        except ObjectDoesNotExist:
            raise ValueError(f"没有「{value}」") from None


class Moment(DateTimeWidget):
    """A time of Shanghai, or nothing."""

    def __init__(self) -> None:
        super().__init__("%Y-%m-%d %H:%M")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Raises ValueError for what is none."""
        try:
            return super().clean(value, row, **kwargs)
        except ValueError:
            raise ValueError("不是时间，请写成 2026-05-01 08:00") from None


class Yuan(Widget):
    """Integer fen, as yuan with two places."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        """Raises ValueError for what is no amount to the fen."""
        try:
            fen = Decimal(str(value).strip().lstrip("¥").replace(",", "")) * FEN
        except InvalidOperation:
            raise ValueError("不是金额") from None
        if not fen.is_finite():
            raise ValueError("不是金额")
        if fen != fen.to_integral_value():
            raise ValueError("金额最多两位小数")
        return int(fen)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Two places."""
        return "" if value is None else f"{Decimal(value) / FEN:.2f}"


class Minutes(Widget):
    """Seconds, as minutes, with a part of one where there is one (a demo's are short)."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        """Raises ValueError for what is no number of minutes."""
        try:
            minutes = Decimal(str(value or 0).strip())
        except InvalidOperation:
            raise ValueError("不是分钟数") from None
        if not minutes.is_finite() or minutes < 0:
            raise ValueError("不是分钟数")
        return round(minutes * 60)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Minutes."""
        return "" if value is None else in_minutes(value)


class Called(Widget):
    """A code, as people call it; the code itself is understood too. names: by code."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Raises ValueError for what is neither."""
        said = str(value or "").strip()
        codes = {name: code for code, name in self.names.items()} | {code: code for code in self.names}
        if said not in codes:
            raise ValueError(f"只能是{'、'.join(self.names.values())}")
        return codes[said]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Its name."""
        return self.names.get(value, value or "")


class Texts(Widget):
    """A list of texts, separated by ；."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        """Empty ones are left out; an English semicolon separates, too."""
        return [one.strip() for one in str(value or "").replace(";", "；").split("；") if one.strip()]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """One line."""
        return "；".join(value or [])


def column(attribute: str, widget: Widget | None = None, *, name: str = "") -> Field:
    """A column of the table, headed as people call it."""
    return Field(attribute=attribute, column_name=name or label_of(attribute), widget=widget)
