"""Forms of the back office: they only read, and a service writes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db import connection
from django.db.models import AutoField, Field, IntegerField, JSONField, UniqueConstraint
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from web.accounts.encryption import EncryptedTextField
from web.ops.fields import LinesField, LookedUp, MinutesField, YuanField, reads
from web.ops.labels import WHERE_EMPTY, help_of, label_of

if TYPE_CHECKING:
    RowForm = forms.ModelForm[Any]
else:
    RowForm = forms.ModelForm


class OpsForm(RowForm):
    """A row's form, and why it is changed. refusal: what the service said to the same data a moment ago. now: what the
    row says, by `seen_of`, read before the row.
    """

    refusal: ClassVar[str] = ""
    now: ClassVar[str] = ""
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=label_of("reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="记入改动记录；请勿填写用户的个人信息",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        if not self.is_new:
            self.initial["seen"] = self.now

    def clean(self) -> dict[str, Any]:
        """Where the service has refused, that is what is wrong. What somebody else has written since the page was
        opened is not written over, nor is another row by adding one of its name.
        """
        cleaned = super().clean() or {}
        if self.refusal:
            raise ValidationError(self.refusal)
        if self.is_new:
            self._check_new(cleaned)
        elif "seen" in self.data and cleaned.get("seen") != self.now:
            raise ValidationError(EDITED)
        return cleaned

    def _check_new(self, cleaned: dict[str, Any]) -> None:
        meta = self.instance._meta
        rows = meta.model._base_manager
        for names in _unique(meta):
            said = {name: cleaned[name] for name in names if name in cleaned and _says(meta.get_field(name), cleaned)}
            if len(said) == len(names) and rows.filter(**said).exists():
                called = "、".join(str(self.fields[name].label) for name in names)
                self.add_error(names[-1], f"已有一条{called}相同的，请打开它修改")

    def validate_unique(self) -> None:
        """By `clean`: on a new row alone, and before anything is made of it."""

    def _post_clean(self) -> None:
        # The row is the service's to write: the form only reads.
        pass


EDITED = "您打开之后，有人改过这里的内容。请重新打开本页，再做修改。"


def _unique(meta: Any) -> Iterable[tuple[str, ...]]:
    """The columns of which no two rows may say the same."""
    yield from ((field.name,) for field in meta.concrete_fields if field.unique and not isinstance(field, AutoField))
    for rule in meta.constraints:
        if isinstance(rule, UniqueConstraint) and rule.condition is None and rule.fields:
            yield tuple(rule.fields)


def _says(column: Any, cleaned: dict[str, Any]) -> bool:
    """Whether anything stands in the column: rows with NULL there are not alike by that."""
    return not column.null or cleaned[column.name] not in EMPTY_VALUES


class Labelled:
    """Chinese labels, fields for money, durations and lists, and what an address fills in of a form."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """By the column's name: `_fen` is money, `_s` a duration; a JSON column is a list of texts."""
        model = str(db_field.model._meta.model_name)
        kwargs.setdefault("label", label_of(db_field.name, model))
        if db_field.blank or db_field.null or db_field.name not in WHERE_EMPTY:
            kwargs.setdefault("help_text", help_of(db_field.name, model))
        own: dict[str, Any] = {
            "label": kwargs["label"],
            "help_text": kwargs.get("help_text", ""),
            "required": not (db_field.blank or db_field.null),
        }
        if not db_field.null and db_field.has_default() and not isinstance(db_field, JSONField):
            own["initial"] = db_field.get_default()
        if db_field.name.endswith("_fen"):
            own["label"] = f"{own['label']}（元）"
            return YuanField(min_value=None if db_field.get_internal_type() == "IntegerField" else 0, **own)
        if db_field.name.endswith("_s"):
            own["label"] = f"{own['label']}（分钟）"
            return MinutesField(max_value=range_of(db_field)[1] // 60, **own)
        if isinstance(db_field, JSONField):
            return LinesField(**own)
        if isinstance(db_field, EncryptedTextField):
            return forms.CharField(widget=UnfoldAdminTextInputWidget, **own)
        if isinstance(db_field, IntegerField) and not db_field.choices:
            kwargs["min_value"], kwargs["max_value"] = range_of(db_field)
        if db_field.name == "key":
            # Made of the name where nobody says it.
            kwargs["required"] = False
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """One that is searched for: in our own way."""
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", LookedUp(db_field, self.admin_site))  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What its field can read: nothing else is prefilled."""
        fields = self.get_form(request).base_fields  # type: ignore[attr-defined]
        said: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]
        return {name: value for name, value in said.items() if name in fields and reads(fields[name], value)}


def range_of(column: Field[Any, Any]) -> tuple[int, int]:
    """The least and the most that a whole number's column holds."""
    least, most = connection.ops.integer_field_range(column.get_internal_type())
    return int(least), int(most)


class PartForm(RowForm):
    """A part's form only reads: the row's service writes the part."""

    def _post_clean(self) -> None:
        pass


class AskForm(forms.Form):
    """What is asked before something is done to a row: why."""

    reason = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget)
