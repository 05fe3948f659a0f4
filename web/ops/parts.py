"""Parts of a row: shown on its page, and written with it."""

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import Field, Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from web.ops.forms import Labelled, PartForm
from web.ops.labels import label_of

if TYPE_CHECKING:
    RowFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    RowFormSet = BaseInlineFormSet


class PartFormSet(RowFormSet):
    """Parts of a row, or of another part."""

    above: Any = None
    """The form of that part."""

    def is_valid(self) -> bool:
        """Whatever is said of what goes with the part above is right."""
        return goes(self.above) or super().is_valid()

    @property
    def errors(self) -> list[Any]:
        """With those of the parts' own parts: by these the page counts what is wrong in each of its tabs."""
        if goes(self.above):
            return []
        inner = [one.formset.errors for form in self.forms for one in getattr(form, "nested_formsets", ())]
        return [*super().errors, *chain.from_iterable(inner)]

    def get_unique_error_message(self, unique_check: Sequence[str]) -> str:
        """By the columns' labels."""
        return f"{'、'.join(label_of(name) for name in unique_check if name != self.fk.name)}不能重复"

    def get_form_error(self) -> str:
        """On the second of two that are the same."""
        return "与前面的一项重复"


class _Parts(Labelled):
    """Parts of a row, written with it."""

    form = PartForm
    formset = PartFormSet
    extra = 0
    tab = True
    ordering_field: str | None = None

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Where a part stands is said by dragging: one that was just added has no position, and nobody types one."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == self.ordering_field:
            field.required = False
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the row."""
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the row: its page asks."""
        return True

    has_delete_permission = has_change_permission
    has_view_permission = has_change_permission


class OpsInline(_Parts, TabularInline):
    """A line each."""


class OpsStacked(_Parts, StackedInline):
    """One below the other: for parts with much to say, or with parts of their own."""


class Parts:
    """What was said in the formsets of a page, by model: what was marked for removal is not there any more."""

    def __init__(self, formsets: Iterable[Any]) -> None:
        self._by_model: dict[type[Model], list[Any]] = {}
        for formset in formsets:
            self._by_model[formset.model] = forms_of(formset)

    def of(self, model: type[Model]) -> list[Any]:
        """The forms of these parts, in the order of their positions."""
        return self._by_model.get(model, [])


def goes(form: Any) -> bool:
    """Whether a part was marked for removal."""
    return bool(getattr(form, "cleaned_data", {}).get("DELETE"))


def forms_of(formset: Any) -> list[Any]:
    """The filled forms of a formset, in the order of their positions where they have one."""
    filled = [form for form in formset.forms if form.cleaned_data and not goes(form)]
    return sorted(filled, key=_position)


def _position(form: Any) -> float:
    said = form.cleaned_data.get("position")
    # What was just added comes last, in the order of its adding.
    return math.inf if said is None else float(said)


def nested(form: Any, model: type[Model]) -> list[Any]:
    """The forms of the parts of a part."""
    return [one for inner in form.nested_formsets if inner.formset.model is model for one in forms_of(inner.formset)]
