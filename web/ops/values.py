"""What stands in a column, as people read it: in the trail of edits, and on pages where a row is only read."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Field, ForeignKey, Model, QuerySet, SlugField
from django.utils import timezone
from django.utils.html import format_html

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.money import yuan
from web.ops.fields import YuanField
from web.ops.labels import label_of
from web.times import in_minutes

NOTHING = "—"
NAMED_BY = ("user", "current")
"""Columns of the row that another one has its name of: a worker's user, what a campaign says now."""

Told = Callable[[Any, Any], Mapping[str, str]]
TOLD_IN_LINES: dict[tuple[type[Model], str], Callable[[Iterable[Any]], Told]] = {}
"""By model and column, of those that say several things: how to say them, made for all values that are to be told at
once. Of a value and the row it is of (or the edit of one, which has its columns) it answers words by what they are
about.
"""


def in_codes(label: str, names: Callable[[], Mapping[str, str]]) -> Callable[[Iterable[Any]], Told]:
    """For a column that keeps a code, or a list of them. names: asked for once for all values."""

    def told(values: Iterable[Any]) -> Told:
        known = names()

        def tell(value: Any, row: Any) -> dict[str, str]:
            codes = value if isinstance(value, list) else [value]
            return {label: "、".join(known.get(code, str(code)) for code in codes)}

        return tell

    return told


class Words:
    """Asks for names once each."""

    def __init__(self) -> None:
        self._named: dict[tuple[type[Model], Any], str] = {}
        self._told: dict[tuple[type[Model], str], Told] = {}

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
            self._learn_names([(field, value)])
            return self._named[field.related_model, value]
        return in_words(field, value)

    def difference(self, field: Field[Any, Any], old: Any, new: Any, *, of: Any) -> Iterator[tuple[str, str, str]]:
        """(label, before, after) of what a column said and says: of each thing that is another one where it says
        several. It has been learnt. of: the row, or its edit.
        """
        tell = self._told.get((field.model, field.name))
        if tell is None:
            old, new = _parts_that_differ(old, new)
            label = label_of(field.name, str(field.model._meta.model_name))
            yield label, self.of(field, old), self.of(field, new)
            return
        before, after = (tell(value, of) if value else {} for value in (old, new))
        for label in {**before, **after}:
            if before.get(label, NOTHING) != after.get(label, NOTHING):
                yield label, before.get(label, NOTHING), after.get(label, NOTHING)

    def learn(self, columns: Iterable[tuple[Field[Any, Any], Any]]) -> None:
        """What the rows are called that these columns point at: a query for each kind of row, however many they are."""
        known = list(columns)
        for (model, name), told in TOLD_IN_LINES.items():
            if values := [value for field, value in known if value and (field.model, field.name) == (model, name)]:
                self._told[model, name] = told(values)
        self._learn_names(known)

    def _learn_names(self, columns: Iterable[tuple[Field[Any, Any], Any]]) -> None:
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
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_in_words(field.name, value)
    return _plainly(value)


def said_in_words(field: forms.Field, value: Any) -> str:
    """What a field of a form says, without the form."""
    if isinstance(field, forms.ChoiceField):
        names = dict(cast("Iterable[tuple[Any, Any]]", field.choices))
        chosen = value if isinstance(value, list) else [value] if value is not None else []
        return "、".join(str(names.get(one, one)) for one in chosen) or NOTHING
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(field, YuanField):
        return yuan(value)
    say: Callable[[Any], str] = getattr(field, "in_words", _plainly)
    return say(value)


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
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


def _parts_that_differ(old: Any, new: Any) -> tuple[Any, Any]:
    """Of two objects of JSON only what is not the same in both."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old, new
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    one, other = ({name: of[name] for name in of if name in names} for of in (old, new))
    return one, other
