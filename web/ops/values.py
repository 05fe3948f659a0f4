"""What stands in a column, as people read it: in the trail of edits, and on pages where a row is only read."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models import Field, ForeignKey, Model, QuerySet, SlugField
from django.utils import timezone
from django.utils.html import format_html

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.money import yuan
from web.times import in_minutes

NOTHING = "—"
NAMED_BY = ("user", "current")
"""Columns of the row that another one has its name of: a worker's user, what a campaign says now."""


class Words:
    """Asks for names once each."""

    def __init__(self) -> None:
        self._named: dict[tuple[type[Model], Any], str] = {}

    @cached_property
    def _cities(self) -> dict[str, str]:
        return catalog.city_names()

    def of(self, field: Field[Any, Any], value: Any) -> str:
        """By the column's name and kind, as forms show it."""
        if value is None or value in ("", [], {}):
            return "全部城市" if field.name == "city" else NOTHING
        if field.name == "city":
            return self._cities.get(str(value), str(value))
        if isinstance(field, SlugField):
            return format_html("<code>{}</code>", value)
        if isinstance(field, ForeignKey):
            self.learn([(field, value)])
            return self._named[field.related_model, value]
        return in_words(field, value)

    def learn(self, columns: Iterable[tuple[Field[Any, Any], Any]]) -> None:
        """What the rows are called that these columns point at: a query for each kind of row, however many they are."""
        unknown: dict[type[Model], set[Any]] = defaultdict(set)
        for field, key in columns:
            if not isinstance(field, ForeignKey) or field.name == "city" or key is None:
                continue
            if (field.related_model, key) not in self._named:
                unknown[field.related_model].add(key)
        for model, keys in unknown.items():
            rows = _with_their_names(model).in_bulk(keys)
            self._named |= {(model, key): self._name_of(model, key, rows.get(key)) for key in keys}

    def _name_of(self, model: type[Model], key: Any, row: Any) -> str:
        if row is None:
            return f"{model._meta.verbose_name} {key}"
        if isinstance(city := getattr(row, "city", None), str):
            # As lists have it (`OfACity`), so that its page need not ask for it.
            row.city_name = self._cities.get(city)
        return called(row)


def _with_their_names(model: type[Model]) -> QuerySet[Any]:
    columns = {field.name for field in model._meta.concrete_fields}
    names = [name for name in NAMED_BY if name in columns]
    rows: QuerySet[Any] = model._base_manager.all()
    return rows.select_related(*names) if names else rows


def called(row: Model) -> str:
    """As its page calls it (`Asking.called`); a version of something by its number; any other as it says itself."""
    if type(row) is User:
        return row.username or f"{row.get_role_display()} {row.pk}"
    if isinstance(version := getattr(row, "number", None), int):
        return f"第 {version} 版"
    page: Any = admin.site._registry.get(type(row))
    return str(row) if page is None else str(page.called(row))


def in_words(field: Field[Any, Any], value: Any) -> str:
    """What needs no look at other rows. Not None."""
    if (chosen := dict(field.flatchoices).get(value) if isinstance(value, str | int) else None) is not None:
        return str(chosen)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return _number_in_words(field.name, value)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return _structure_in_words(value)


def _number_in_words(name: str, value: float) -> str:
    if name.endswith("_fen"):
        return yuan(int(value))
    return (
        f"{in_minutes(value)} 分钟" if name.endswith("_s") else f"{value:g}" if isinstance(value, float) else str(value)
    )


def _structure_in_words(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "、".join(map(str, value))
    if isinstance(value, dict) and "coordinates" in value:
        return f"{sum(len(ring) for ring in value['coordinates'])} 个点围成的区域"
    if isinstance(value, list | dict):
        return format_html('<code class="break-all">{}</code>', json.dumps(value, ensure_ascii=False))
    return str(value)
