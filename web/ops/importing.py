"""Tables in and out of the back office: a dry run that shows the difference, then all of it or nothing, by services."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource
from import_export.results import Result
from import_export.widgets import Widget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from web.accounts.models import User
from web.errors import DoorbellError
from web.ops.asking import told
from web.ops.base import OpsAdmin
from web.ops.fields import FEN
from web.ops.labels import label_of
from web.ops.site import actor_of
from web.ops.trail import edited_by
from web.times import in_minutes

AS_TEXT = "'"
"""In front of what a table program would take for a formula."""


class Yuan(Widget):
    """Integer fen, as yuan with two places."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        """Raises ValueError for what is no amount to the fen."""
        try:
            fen = Decimal(str(value).strip().lstrip("¥").replace(",", "")) * FEN
        except InvalidOperation:
            raise ValueError("不是金额") from None
        if fen != fen.to_integral_value():
            raise ValueError("金额最多两位小数")
        return int(fen)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Two places."""
        return "" if value is None else f"{Decimal(value) / FEN:.2f}"


def _is_formula(value: Any) -> bool:
    """Whether a table program would work it out; numbers it may."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return False
    try:
        Decimal(value)
    except InvalidOperation:
        return True
    return False


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


class OpsResource(ModelResource):
    """Rows that are written by a service: subclasses say `put` and, where they can tell before, `check`."""

    def __init__(self, *, actor: User | None = None, rows: QuerySet[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor, self.rows = actor, rows

    def get_queryset(self) -> QuerySet[Any]:
        """What the actor may see."""
        return super().get_queryset() if self.rows is None else self.rows

    def export_field(self, field: Field, instance: Any, **kwargs: Any) -> Any:
        """No table program takes it for a formula; `before_import_row` reads it back."""
        value = super().export_field(field, instance, **kwargs)
        return f"{AS_TEXT}{value}" if _is_formula(value) else value

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """What was marked as text is the text."""
        for name, value in row.items():
            if isinstance(value, str) and value.startswith(AS_TEXT) and _is_formula(value[1:]):
                row[name] = value[1:]

    def put(self, row: Any) -> Model:
        """Write what the row says now. Raises DoorbellError."""
        raise NotImplementedError

    def check(self, row: Any) -> None:
        """Raises DoorbellError or ValueError for what `put` would refuse."""

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """In the dry run, too."""
        super().validate_instance(instance, import_validation_errors, validate_unique)
        try:
            self.check(instance)
        except DoorbellError as refusal:
            raise ValidationError(told(refusal)) from None
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Not in the dry run: a service's transaction is the outermost."""
        if not self._is_dry_run(kwargs):
            super().save_instance(instance, is_create, row, **kwargs)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """Through the service."""
        instance.pk = self.put(instance).pk


class _Refused(Exception):
    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class Importing(ImportExportMixin):
    """A page whose rows go out as a table, and come in as one. resource: an `OpsResource`."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    skip_admin_log = True
    formats = [XLSX, CSV]
    resource: type[OpsResource]

    def get_resource_classes(self, request: HttpRequest) -> list[type[OpsResource]]:
        """One a page."""
        return [self.resource]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Whose rows."""
        return {"actor": actor_of(request), "rows": cast("OpsAdmin", self).visible_to(actor_of(request))}

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Whose rows."""
        return {"actor": actor_of(request)}

    def has_import_permission(self, request: HttpRequest) -> bool:
        """As editing."""
        page = cast("OpsAdmin", self)
        return page.has_change_permission(request) and page._edits_somewhere(actor_of(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        """As reading."""
        return bool(cast("OpsAdmin", self).has_view_permission(request))

    def process_dataset(self, dataset: Any, form: Any, request: HttpRequest, **kwargs: Any) -> Result:
        """All rows, or none: one transaction with its actor."""
        name = form.cleaned_data.get("original_file_name") or ""
        try:
            with edited_by(actor_of(request), reason=f"导入 {name}"[:200]):
                result: Result = super().process_dataset(dataset, form, request, **kwargs)
                if result.has_errors() or result.has_validation_errors():
                    raise _Refused(result)
        except _Refused as refused:
            return refused.result
        return result

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """What was wrong since the dry run, or that all of it is there."""
        if not (result.has_errors() or result.has_validation_errors()):
            return cast("HttpResponse", super().process_result(result, request))
        page = cast("OpsAdmin", self)
        page.message_user(request, "没有导入：" + "；".join(_faults(result)), level=messages.ERROR)
        return page.to(reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"))


def _faults(result: Result) -> Iterable[str]:
    for number, errors in result.row_errors():
        for error in errors:
            refusal = error.error
            yield f"第 {number} 行 {told(refusal) if isinstance(refusal, DoorbellError) else type(refusal).__name__}"
    for row in result.invalid_rows:
        yield f"第 {row.number} 行 {'；'.join(row.error.messages)}"
