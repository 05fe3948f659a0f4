"""Terms as fields, and as lines that people read: by the names and the types of a Pydantic model.

A model within is a group of fields; of a list of models there are as many groups as it has, and some to fill in; of a
dict there is one of each key that it may have.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from web.ops.fields import ClockField, DurationField, PercentField, YuanField
from web.ops.values import said_in_words

SPARE = 2
"""Groups to fill in, behind those that a list has."""

LISTS = (tuple, list)
BLANK: tuple[Any, ...] = (None, "", [])
UNITS = {"_fen": "元", "_bp": "%", "_mps": "米/秒", "_m": "米"}
CLOCK = ("from_s", "until_s")


@dataclass(frozen=True)
class Names:
    """What people call things, by the model's names: labels of columns and of models, values of columns that choose,
    keys of columns that are dicts or several choices. hidden: columns that nobody types. helps: beside the labels.
    first: columns that stand before the others of their model. measured: for columns whose names do not end with their
    unit, one that does. choices: of columns that name something that there is, or several.
    """

    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    first: tuple[str, ...] = ()
    measured: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[tuple[Any, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Leaf:
    """One field. path: its name in the form. groups: what it stands under, from the outermost on. value: as JSON has
    it. or_none: left empty within a group it says that there is none, and not the default.
    """

    path: str
    groups: tuple[str, ...]
    label: str
    field: forms.Field
    value: Any
    or_none: bool = False

    @property
    def words(self) -> str:
        """Its value, as people read it."""
        return said_in_words(self.field, self.value)

    @property
    def place(self) -> str:
        """Its label below those of its groups."""
        return " › ".join((*self.groups, self.label))


def leaves_of(terms: BaseModel, names: Names, *, spare: int = SPARE) -> list[Leaf]:
    """All that the terms say, in their order; each with what it would be by default as its help."""
    return leaves_below(type(terms), terms, "", names, spare=spare)


def leaves_below(
    model: type[BaseModel], terms: BaseModel | None, path: str, names: Names, *, spare: int = SPARE
) -> list[Leaf]:
    """Those of terms that are a part of a form, by the names they have there; terms None: nobody has said any."""
    usual = {leaf.path: leaf for leaf in _usual(model, path, names)}
    leaves = list(_of_model(model, terms.model_dump(mode="json") if terms else None, path, (), names, spare))
    for leaf in leaves:
        if leaf.path in usual and not leaf.field.help_text and usual[leaf.path].value not in BLANK:
            empty = "，不填则无" if leaf.or_none and leaf.groups else ""
            leaf.field.help_text = f"默认：{usual[leaf.path].words}{empty}"
    return leaves


def differing(terms: BaseModel, names: Names) -> list[Leaf]:
    """What they say that is not so by default."""
    usual = {leaf.path: leaf.value for leaf in _usual(type(terms), "", names)}
    leaves = _of_model(type(terms), terms.model_dump(mode="json"), "", (), names, 0)
    return [leaf for leaf in leaves if leaf.value != usual.get(leaf.path)]


def _usual(model: type[BaseModel], path: str, names: Names) -> Iterator[Leaf]:
    """Of those that say something by default."""
    return _of_model(model, usual_of(model), path, (), names, 0)


def usual_of(model: type[BaseModel]) -> dict[str, Any]:
    """What terms say by default, as JSON; without what has no default."""
    said = {name: info.get_default(call_default_factory=True) for name, info in model.model_fields.items()}
    known = {name: value for name, value in said.items() if value is not PydanticUndefined}
    plain: dict[str, Any] = json.loads(model.model_construct(**known).model_dump_json(warnings=False))
    return plain


def _of_model(
    model: type[BaseModel], said: Mapping[str, Any] | None, path: str, groups: tuple[str, ...], names: Names, spare: int
) -> Iterator[Leaf]:
    """said: None for a group that nobody has filled in."""
    columns = sorted(model.model_fields.items(), key=lambda column: column[0] not in names.first)
    for name, info in columns:
        if name not in names.hidden:
            value = None if said is None else said.get(name)
            here = f"{path}-{name}" if path else name
            yield from _of_column(name, info.annotation, value, here, groups, names, spare)


def _of_column(
    name: str, annotation: Any, value: Any, path: str, groups: tuple[str, ...], names: Names, spare: int
) -> Iterator[Leaf]:
    kind, label = bare(annotation), names.labels[name]
    if is_model(kind):
        yield from _of_model(kind, value, path, (*groups, label), names, spare)
    elif get_origin(kind) is dict:
        inner = get_args(kind)[1]
        for key, word in names.keys[name].items():
            one, here = (value or {}).get(key), f"{path}-{key}"
            if is_model(bare(inner)):
                place = (*groups, f"{label}：{word}")
                yield from _of_model(bare(inner), one or {}, here, place, names, max(spare - 1, 0))
            else:
                leaf_field = _field(name, bare(inner), word, names, optional=True)
                yield Leaf(here, (*groups, label), word, leaf_field, one)
    elif is_list_of_models(kind):
        for number, one in enumerate([*(value or []), *[None] * spare]):
            place = (*groups, f"{label} {number + 1}")
            yield from _of_model(bare(get_args(kind)[0]), one, f"{path}-{number}", place, names, spare)
    else:
        optional = value is None or kind is not annotation
        if get_origin(kind) in LISTS and name in names.keys:
            value = [str(one) for one in value or ()]
        own_field = _field(name, kind, label, names, optional=optional)
        yield Leaf(path, groups, label, own_field, value, may_be_none(annotation))


def bare(annotation: Any) -> Any:
    """Without bounds, and without None."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        (kind,) = [one for one in get_args(annotation) if one is not NoneType]
        return bare(kind)
    return annotation


def may_be_none(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return may_be_none(get_args(annotation)[0])
    return NoneType in get_args(annotation)


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_list_of_models(kind: Any) -> bool:
    return get_origin(kind) in LISTS and is_model(bare(get_args(kind)[0]))


def _field(name: str, kind: Any, label: str, names: Names, *, optional: bool) -> forms.Field:
    own: dict[str, Any] = {"required": False, "help_text": names.helps.get(name, "")}
    name = names.measured.get(name, name)
    unit = next((word for end, word in UNITS.items() if name.endswith(end)), "")
    own["label"] = label + (f"（{unit}）" if unit else "")
    if get_origin(kind) is Literal:
        choices = [(value, names.values[name][value]) for value in get_args(kind)]
        blank = [("", "—")] if optional else []
        return forms.ChoiceField(choices=[*blank, *choices], widget=UnfoldAdminSelectWidget, **own)
    if get_origin(kind) in LISTS:
        several = names.choices.get(name) or list(names.keys.get(name, {}).items())
        coerce = int if bare(get_args(kind)[0]) is int and name not in names.keys else str
        widget = UnfoldAdminCheckboxSelectMultipleWidget
        return forms.TypedMultipleChoiceField(choices=several, coerce=coerce, empty_value=[], widget=widget, **own)
    if name in names.choices:
        blank = [("", "—")]
        return forms.ChoiceField(choices=[*blank, *names.choices[name]], widget=UnfoldAdminSelectWidget, **own)
    if name in CLOCK:
        return ClockField(**own)
    if name.endswith("_s"):
        return DurationField(**own)
    if name.endswith("_fen"):
        return YuanField(max_digits=12, **own)
    if name.endswith("_bp"):
        return PercentField(**own)
    if kind is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **own)
    if kind is float:
        return forms.FloatField(widget=UnfoldAdminDecimalFieldWidget, **own)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **own)


def in_rows(paths: Sequence[str], wide: int) -> list[tuple[str, ...]]:
    """So many fields in a row."""
    return [tuple(paths[start : start + wide]) for start in range(0, len(paths), wide)]


def initial_of(leaves: list[Leaf]) -> dict[str, Any]:
    """What the fields say at first."""
    return {leaf.path: leaf.value for leaf in leaves}
