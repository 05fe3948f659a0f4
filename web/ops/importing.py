"""Tables in and out of the back office: a dry run that shows the difference, then all of it or nothing, by services."""

import traceback
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import Diff, ModelResource
from import_export.results import Result, RowResult
from import_export.tmp_storages import CacheStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from web.accounts.models import User
from web.errors import DoorbellError
from web.ops.asking import told
from web.ops.base import OpsAdmin
from web.ops.site import actor_of
from web.ops.tables import LINE, Table, Unreadable
from web.ops.trail import edited_by

AS_TEXT = "'"
"""In front of what a table program would take for a formula."""

log = structlog.get_logger("tables")


def _is_formula(value: Any) -> bool:
    """Whether a table program would work it out; numbers it may."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return False
    try:
        Decimal(value)
    except InvalidOperation:
        return True
    return False


class Lines(Result):
    """What came of a table, by the numbers of its lines."""

    def append_invalid_row(self, number: int, row: Any, validation_error: ValidationError) -> None:
        """Empty lines count."""
        super().append_invalid_row(row[LINE], row, validation_error)


class BeforeAndAfter(Diff):
    """A row's columns: what was, struck out, and what will be."""

    def as_html(self) -> list[str]:
        """A cell each."""
        pairs = zip(self.left, self.right, strict=True)
        return [self._cell("" if self.new else str(old), str(new)) for old, new in pairs]

    @staticmethod
    def _cell(old: str, new: str) -> str:
        if old == new:
            return format_html("{}", new)
        return format_html("{}<ins>{}</ins>", format_html("<del>{}</del> ", old) if old else "", new)


class OpsResource(ModelResource):
    """Rows that are written by a service: subclasses say `put` and, where they can tell before, `check`."""

    @classmethod
    def get_result_class(cls) -> type[Result]:
        """By lines."""
        return Lines

    @classmethod
    def table(cls) -> partial[Table]:
        """What may come in: needed is what finds a row, and what has no default."""
        columns = {str(field.attribute): field.column_name for field in cls.fields.values()}
        keys = {cls.fields[name].attribute for name in cls._meta.import_id_fields}
        needed = {one.name for one in cls._meta.model._meta.fields if not (one.has_default() or one.null or one.blank)}
        heads = [name for attribute, name in columns.items() if attribute in keys | needed]
        return partial(Table, list(columns.values()), heads)

    def __init__(self, *, actor: User | None = None, rows: QuerySet[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor, self.rows = actor, rows
        self._lines: dict[tuple[str, ...], Any] = {}

    def get_queryset(self) -> QuerySet[Any]:
        """What the actor may see."""
        return super().get_queryset() if self.rows is None else self.rows

    def export_field(self, field: Field, instance: Any, **kwargs: Any) -> Any:
        """No table program takes it for a formula; `before_import_row` reads it back."""
        value = super().export_field(field, instance, **kwargs)
        return f"{AS_TEXT}{value}" if _is_formula(value) else value

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """What was marked as text is the text. No two lines are about the same row."""
        key = tuple(str(row.get(self.fields[name].column_name, "")).strip() for name in self._meta.import_id_fields)
        if all(key) and self._lines.setdefault(key, row.get(LINE)) != row.get(LINE):
            raise ValidationError(f"与第 {self._lines[key]} 行是同一条")
        for name, value in row.items():
            if isinstance(value, str) and value.startswith(AS_TEXT) and _is_formula(value[1:]):
                row[name] = value[1:]

    def get_diff_class(self) -> type[Diff]:
        """By what was and what will be, not letter by letter."""
        return BeforeAndAfter

    def put(self, row: Any) -> Model:
        """Write what the row says now. Raises DoorbellError."""
        raise NotImplementedError

    def check(self, row: Any) -> None:
        """Raises DoorbellError or ValueError for what `put` would refuse."""

    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        """None where what finds it is wrong: that is told with the other columns."""
        try:
            return super().get_instance(instance_loader, row)
        except ValueError:
            return None

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """In the dry run, too: first each column, then the row as a whole. Raises ValidationError by the heads."""
        errors: dict[str, Any] = dict(import_validation_errors or {})
        columns = {str(field.attribute): field.column_name for field in self.fields.values()}
        others = {field.name for field in instance._meta.fields} - set(columns)
        try:
            instance.clean_fields(exclude=others | set(errors))
            if not errors:
                self.check(instance)
        except DoorbellError as refusal:
            errors[NON_FIELD_ERRORS] = told(refusal)
        except ValidationError as wrong:
            errors |= wrong.error_dict if hasattr(wrong, "error_dict") else {NON_FIELD_ERRORS: wrong}
        except ValueError as wrong:
            errors[NON_FIELD_ERRORS] = str(wrong)
        if errors:
            raise ValidationError({columns.get(name, name): _said(error) for name, error in errors.items()})

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """What the service refuses is wrong with the row, as what was found before."""
        result: RowResult = super().import_row(row, instance_loader, **kwargs)
        for error in result.errors[:1]:
            result.import_type = RowResult.IMPORT_TYPE_INVALID
            result.validation_error = ValidationError(_refused(error.error))
        result.errors = []
        return result

    def after_import(self, dataset: Any, result: Result, **kwargs: Any) -> None:
        """The difference with the numbers of its lines."""
        super().after_import(dataset, result, **kwargs)
        if not result.has_validation_errors():
            result.diff_headers.insert(0, LINE)
            for number, row in zip(dataset[LINE], result.rows, strict=True):
                row.diff.insert(0, number)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Not in the dry run: a service's transaction is the outermost."""
        if not self._is_dry_run(kwargs):
            super().save_instance(instance, is_create, row, **kwargs)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """Through the service."""
        instance.pk = self.put(instance).pk


def _said(error: Any) -> list[str]:
    wrong = error if isinstance(error, ValidationError) else ValidationError(error)
    return ["不能为空" if one.code in ("null", "blank") else one.messages[0] for one in wrong.error_list]


def _refused(error: Exception) -> str:
    if isinstance(error, DoorbellError):
        return told(error)
    # Without its text, which may quote the line.
    log.error("line_failed", error=type(error).__name__, at=_place(error))
    return "这一行无法导入"


def _place(error: Exception) -> str:
    """Of ours, where it was raised or passed through last: file:line."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "/web/" in one.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


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
    to_encoding = "utf-8-sig"
    resource: type[OpsResource]

    def get_import_formats(self) -> list[partial[Table]]:
        """One that reads them all."""
        return [self.resource.table()]

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        """In Chinese."""
        if not isinstance(error, Unreadable):
            raise error
        form.add_error("import_file", str(error))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Once: a second click, or a page of the day before, finds no file any more."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        name = request.POST.get("import_file_name", "")
        there, taken = name and CacheStorage(name=name).read() is not None, f"import-taken-{name}"
        if there and cache.add(taken, 1, CacheStorage.CACHE_LIFETIME):
            try:
                return cast("HttpResponse", super().process_import(request, **kwargs))
            except Exception:
                # Nothing came in, as after a deadlock: the same click may try again. Had it, the file would be gone.
                cache.delete(taken)
                raise
        page = cast("OpsAdmin", self)
        page.message_user(request, "这份文件已经确认过，或已过期。需要再次导入时，请重新上传。", level=messages.WARNING)
        return page.to(reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_import"))

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
    if result.base_errors:
        yield "导入时出错，请联系技术人员"
    for row in result.invalid_rows:
        for name, told_of_it in row.error_dict.items():
            yield f"第 {row.number} 行 {'' if name == NON_FIELD_ERRORS else f'{name}：'}{'、'.join(told_of_it)}"
