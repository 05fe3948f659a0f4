"""Pages beside a row's own: each asks before something is done to it, or shows more of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from web.accounts.models import User
from web.errors import DoorbellError
from web.ops.forms import AskForm
from web.ops.labels import label_of
from web.ops.seen import seen_of
from web.ops.site import actor_of
from web.ops.trail import edited_by


class Stale(Exception):
    """What was looked at is not what is there."""


class Asking(ModelAdmin):
    """A row's other pages."""

    def has_command_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may do something to the row."""
        raise NotImplementedError

    def lock(self, row: Any) -> None:
        """Until the transaction is over nobody else writes the row; None: nobody else makes one of this kind."""
        model = self.opts.concrete_model
        if row is None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [model._meta.db_table])
        else:
            # Not its key: orders that name it need not wait.
            model._base_manager.select_for_update(no_key=True).filter(pk=row.pk).first()

    def called(self, row: Any) -> str:
        """What people call the row, where its pages name it: `str` is what logs say."""
        return str(row)

    def context_of(self, request: HttpRequest, row: Any, title: str) -> dict[str, Any]:
        """Of a page of that title, below the row's own."""
        own = {"title": title, "subtitle": self.called(row), "object": row, "opts": self.opts}
        return cast("dict[str, Any]", self.admin_site.each_context(request) | own)

    def ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: str,
        do: Callable[[User, Any, Mapping[str, Any]], str],
        form: type[forms.Form] = AskForm,
        notes: Callable[[Any], Iterable[str]] | None = None,
        may: Callable[[HttpRequest, Any], bool] | None = None,
        here: bool = False,
        as_seen: bool = False,
    ) -> HttpResponseBase:
        """A page that asks, and on POST does it: one transaction with its actor and reason. do: answers what people
        read then. notes: what they should know before. may: who may ask, where it is not who may change the row.
        here: the answer is read on this very page, and kept nowhere: what the next page says comes in a cookie.
        as_seen: it is done to what the row said when the page was opened, or not at all.
        """
        actor, row = actor_of(request), self.get_object(request, unquote(object_id))
        if row is None or not (may or self.has_command_permission)(request, row):
            raise PermissionDenied
        asked = form(request.POST or None)
        if request.method == "POST" and asked.is_valid():
            try:
                with edited_by(actor, reason=asked.cleaned_data["reason"]):
                    self.lock(row)
                    if as_seen and request.POST.get("seen", "") != seen_of(row):
                        raise Stale
                    row = self.get_object(request, unquote(object_id)) or row
                    said = do(actor, row, asked.cleaned_data)
            except DoorbellError as refusal:
                asked.add_error(None, told(refusal))
            except Stale:
                asked.add_error(None, "您打开之后，有人改过这里的内容。请看一遍现在的内容，再提交。")
            else:
                if here:
                    return self._asked(request, row, title, form(), lambda _: [said])
                self.message_user(request, said, level=messages.SUCCESS)
                return self.to(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk]))
        return self._asked(request, row, title, asked, notes)

    def _asked(
        self,
        request: HttpRequest,
        row: Any,
        title: str,
        form: forms.Form,
        notes: Callable[[Any], Iterable[str]] | None,
    ) -> TemplateResponse:
        seen = seen_of(row)
        # After it: what is told is not older than what is said to have been seen.
        row = self.get_object(request, str(row.pk)) or row
        own = {"form": form, "notes": list(notes(row)) if notes else [], "seen": seen}
        return TemplateResponse(request, "ops/ask.html", self.context_of(request, row, title) | own)

    def to(self, address: str) -> HttpResponseRedirect:
        """There, next."""
        return HttpResponseRedirect(address)


def told(refusal: DoorbellError) -> str:
    """What the service refused, as a person reads it: with the faults and the fields where it lists them."""
    faults = [fault_in_words(one) for one in refusal.details.get("faults", ())]
    fields = [label_of(one["field"].split(".")[-1]) for one in refusal.details.get("fields", ())]
    return "；".join([refusal.message, *faults, *fields])


def fault_in_words(said: Mapping[str, Any]) -> str:
    """said: {message, and about where it is about one of several}."""
    return f"{said['message']}（{said['about']}）" if said.get("about") else str(said["message"])
