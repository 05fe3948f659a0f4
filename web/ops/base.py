"""What the pages of the back office have in common.

A page shows what a selector's `visible_to` lets its reader see, and writes through a service: Django's own saving is
never used. Each edit is one transaction with its actor and a reason (`trail.py`).
"""

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import TemplateResponse
from unfold import forms as unfold_forms
from unfold.admin import ModelAdmin

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.errors import DoorbellError
from web.ops.asking import Asking, told
from web.ops.decorators import display
from web.ops.filters import in_shanghai, offers
from web.ops.forms import AskForm, Labelled, OpsForm
from web.ops.models import TRACKED
from web.ops.parts import Parts
from web.ops.reading import ReadField
from web.ops.refused import faults_of
from web.ops.searching import Searching
from web.ops.seen import seen_of
from web.ops.site import actor_of
from web.ops.trail import changes_of, edited_by, with_names

unfold_forms.UnfoldAdminReadonlyField = ReadField

ANYWHERE = "*"
"""The scope of a row that belongs to no city: only staff of every city edit it."""


class OpsAdmin(Labelled, Searching, Asking):
    """A page of rows. Subclasses say `visible_to`, and where rows are edited, `write`; where removed, `remove`."""

    form = OpsForm
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True
    compressed_fields = True
    actions = None
    object_history_template = "ops/history.html"
    delete_confirmation_template = "ops/delete.html"
    editable: ClassVar[bool] = True
    trail: ClassVar[bool] = True
    """Whether edits of these rows are kept, where their table's are."""
    linked: ClassVar[tuple[str, ...]] = ()
    """Columns that other pages link to this list by, beside those that it has a filter for."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that stay once the row is made: others name it by them."""

    def visible_to(self, actor: User) -> QuerySet[Any]:
        """The rows that he may see."""
        raise NotImplementedError

    def scope_of(self, row: Any) -> str:
        """The city in whose charge one must be to edit the row; ANYWHERE for all."""
        return ANYWHERE

    def write(self, actor: User, row: Any, said: Mapping[str, Any], parts: "Parts") -> Model:
        """Edit the row, or make it where it has no key yet. said: the form's data."""
        raise NotImplementedError

    def remove(self, actor: User, row: Any) -> None:
        """Remove it. Only where `removable`."""
        raise NotImplementedError

    removable: ClassVar[bool] = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the reader may see."""
        rows = self.visible_to(actor_of(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Where it asks for days, for those of Shanghai."""
        return [in_shanghai(one) for one in super().get_list_filter(request)]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """What the page offers: Django lets any column of the row be asked for."""
        if not super().lookup_allowed(lookup, value, request):
            return False
        try:
            column = self.opts.get_field(lookup.split("__")[0]).name
        except FieldDoesNotExist:
            # A filter's own parameter.
            return True
        return offers(self.get_list_filter(request), self.linked, column)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With what the service refused, and what the row says."""
        form = super().get_form(request, obj, change=change, **kwargs)
        for name in self.fixed:
            if obj is not None and name in form.base_fields:
                # A copy: a declared field is the same one in every form that is ever made of its class.
                form.base_fields[name] = deepcopy(form.base_fields[name])
                form.base_fields[name].disabled = True
        return type(
            form.__name__, (form,), {"refusal": getattr(request, "refusal", ""), "now": getattr(request, "seen", "")}
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason comes with the fieldsets."""
        return [name for name in super().get_fields(request, obj) if name not in ("reason", "seen")]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason last, where anything can be edited."""
        fieldsets = list(super().get_fieldsets(request, obj))
        editable = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [*fieldsets, (None, {"fields": ("reason",)})] if editable else fieldsets

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff of one city make rows only where the row is a city's."""
        return self.editable and super().has_add_permission(request) and self._edits_somewhere(actor_of(request))

    def _edits_somewhere(self, actor: User) -> bool:
        return actor.is_everywhere or type(self).scope_of is not OpsAdmin.scope_of

    def settled(self, row: Any) -> bool:
        """Whether nothing that the row says can be edited any more."""
        return False

    def has_command_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may, where he may: also what is settled is commanded, as to end."""
        row = self._row(request, obj)
        may = self.editable and super().has_change_permission(request, row)
        return may and (row is None or self.is_in_charge(actor_of(request), row))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may command it, as long as it is not settled."""
        row = self._row(request, obj)
        return self.has_command_permission(request, row) and (row is None or not self.settled(row))

    def _row(self, request: HttpRequest, row: Any) -> Any:
        """Unfold asks for its buttons with the key."""
        return self.get_object(request, unquote(row)) if isinstance(row, str) else row

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As changing, where rows may go at all."""
        return (
            self.removable and super().has_delete_permission(request, obj) and self.has_change_permission(request, obj)
        )

    def idle(self, row: Any) -> Collection[str]:
        """Its actions that could do nothing now: they have no button."""
        return ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Those that can work."""
        row = self.get_object(request, unquote(str(object_id)))
        names = {f"{self.opts.app_label}_{self.opts.model_name}_{name}" for name in (self.idle(row) if row else ())}
        return [one for one in super().get_actions_detail(request, object_id) if one.action_name not in names]

    def is_in_charge(self, actor: User, row: Any) -> bool:
        """Whether the row is in a city of his."""
        scope = self.scope_of(row)
        return actor.is_everywhere if scope == ANYWHERE else actor.is_in_charge_of(scope)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """One transaction with actor and reason. What the service refuses is an error of the form, whose data stays."""
        page = partial(super().changeform_view, request, object_id, form_url, extra_context)
        row = self._row(request, object_id)
        if request.method != "POST":
            request.seen = seen_of(row)  # type: ignore[attr-defined]
            return page()
        if row is not None and self.has_command_permission(request, row) and self.settled(row):
            # It was not yet when the page was opened.
            self.message_user(request, "没有保存：这里的内容已经不能再修改", level=messages.WARNING)
            return self.to(request.path)
        try:
            with edited_by(actor_of(request), reason=request.POST.get("reason", "")[:200]):
                self.lock(row)
                request.seen = seen_of(row)  # type: ignore[attr-defined]
                return page()
        except DoorbellError as refusal:
            request.refusal = told(refusal)  # type: ignore[attr-defined]
            return page()

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """The window's title names the row as people call it; of what nobody edits there is no trail to look at."""
        own: dict[str, Any] = {
            "show_history": self.trail and self.opts.concrete_model in TRACKED,
            "faults": list(faults_of(context["adminform"].form, context["inline_admin_formsets"])),
        }
        if obj is not None:
            own["subtitle"] = self.called(obj)
        return super().render_change_form(request, context | own, add, change, form_url, obj)

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """Parts of parts know where they belong."""
        formsets, inlines = super()._create_formsets(request, obj, change)
        for form in (form for formset in formsets for form in formset.forms):
            for inner in getattr(form, "nested_formsets", ()):
                inner.formset.above = form
        return formsets, inlines

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The row as it was: the service writes it."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With its parts, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        """Through the service. A row is made where the form says, so its place is checked again."""
        row = self.write(actor_of(request), form.instance, form.cleaned_data, Parts(formsets))
        if not self.is_in_charge(actor_of(request), row):
            raise PermissionDenied
        vars(form.instance).update(vars(row))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list[Any]:
        """The trail has it."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The trail has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The trail has it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The trail has it."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Asks first; the reason is part of the question."""
        asked = AskForm(request.POST or None)
        if not asked.is_valid():
            # Without what was posted Django only asks.
            request.POST = QueryDict()
            return super().delete_view(request, object_id, {"form": asked} | (extra_context or {}))
        try:
            with edited_by(actor_of(request), reason=asked.cleaned_data["reason"]):
                return self._delete_view(request, object_id, extra_context)
        except DoorbellError as refusal:
            self.message_user(request, told(refusal), level=messages.ERROR)
            return self.response_delete(request, object_id, cast("Any", object_id))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Through the service."""
        self.remove(actor_of(request), obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        """Every edit of the row and of its parts: when, who, why, what."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return cast("HttpResponse", self._get_obj_does_not_exist_redirect(request, self.opts, object_id))
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        own = {"changes": with_names(changes_of(row))}
        return TemplateResponse(request, "ops/history.html", self.context_of(request, row, "改动记录") | own)


class OfACity(ModelAdmin):
    """A page whose rows name their city by its code; one without belongs to all, and is staff's of every city."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each with what its city is called."""
        rows: QuerySet[Any] = super().get_queryset(request)
        named: QuerySet[Any] = rows.annotate(city_name=catalog.city_name())
        return named

    def scope_of(self, row: Any) -> str:
        """Its city."""
        return row.city or ANYWHERE

    @display(description="城市", ordering="city")
    def shown_city(self, row: Any) -> str:
        """As people call it; none is every one."""
        if not hasattr(row, "city_name"):
            # Of no list: one that was asked for by itself.
            row.city_name = catalog.city_names().get(row.city)
        return row.city_name or row.city or "全部城市"
