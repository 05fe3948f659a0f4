"""Forms of the back office: they only read, and a service writes."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field, JSONField
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from web.accounts.encryption import EncryptedTextField
from web.ops.fields import LinesField, MinutesField, YuanField
from web.ops.labels import WHERE_EMPTY, help_of, label_of

if TYPE_CHECKING:
    RowForm = forms.ModelForm[Any]
else:
    RowForm = forms.ModelForm


class OpsForm(RowForm):
    """A row's form, and why it is changed. refusal: what the service said to the same data a moment ago."""

    refusal: ClassVar[str] = ""
    reason = forms.CharField(
        label=label_of("reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="记入改动记录；请勿填写用户的个人信息",
    )

    def clean(self) -> dict[str, Any]:
        """Where the service has refused, that is what is wrong."""
        cleaned = super().clean() or {}
        if self.refusal:
            raise ValidationError(self.refusal)
        return cleaned

    def validate_unique(self) -> None:
        """The service's `put_` finds the row; what must be unique the database says."""

    def _post_clean(self) -> None:
        # The row is the service's to write: the form only reads.
        pass


class Labelled:
    """Chinese labels, and fields for money, durations and lists."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """By the column's name: `_fen` is money, `_s` a duration; a JSON column is a list of texts."""
        kwargs.setdefault("label", label_of(db_field.name))
        if db_field.blank or db_field.null or db_field.name not in WHERE_EMPTY:
            kwargs.setdefault("help_text", help_of(db_field.name))
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
            return MinutesField(**own)
        if isinstance(db_field, JSONField):
            return LinesField(**own)
        if isinstance(db_field, EncryptedTextField):
            return forms.CharField(widget=UnfoldAdminTextInputWidget, **own)
        if db_field.name == "key":
            # Made of the name where nobody says it.
            kwargs["required"] = False
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class PartForm(RowForm):
    """A part's form only reads: the row's service writes the part."""

    def _post_clean(self) -> None:
        pass


class AskForm(forms.Form):
    """What is asked before something is done to a row: why."""

    reason = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget)
