"""规则与价格: the terms that orders are bought under. A change is a new row."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from pydantic import BaseModel
from unfold.widgets import UnfoldBooleanSwitchWidget

from web.accounts.models import User
from web.catalog.keys import key_of
from web.marketing.admin.what_if import begin
from web.marketing.selectors import what_ifs_visible_to
from web.marketing.services import what_ifs
from web.marketing.what_if import CancellationTrial, PricingTrial
from web.ops.decorators import display
from web.ops.fields import CityField, may_be
from web.ops.filters import InCity
from web.ops.forms import OpsForm
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.terms_column import TermsColumn
from web.ops.terms_fields import SPARE, Leaf, in_rows, initial_of, leaves_of
from web.ops.terms_form import TermsForm, groups_in, with_terms
from web.ops.terms_page import TermsPage
from web.ops.values import TOLD_IN_LINES, in_codes
from web.orders import selectors
from web.orders.admin.policy_names import KINDS, names_of
from web.orders.models import Policy
from web.orders.policies import Policies
from web.orders.services.terms import put_policy

TRIALS: Mapping[str, type[CancellationTrial | PricingTrial]] = {
    "cancellation": CancellationTrial,
    "pricing": PricingTrial,
}
"""Kinds that can be tried."""

WIDE = 3
"""Fields in a row."""


def _model(kind: str) -> type[BaseModel]:
    model: Any = Policies.model_fields[kind].annotation
    return model  # type: ignore[no-any-return]


DATA = TermsColumn(lambda row: _model(row.kind), lambda row: names_of(row.kind), "规则内容")
TOLD_IN_LINES[Policy, "data"] = DATA.in_lines
TOLD_IN_LINES[Policy, "kind"] = in_codes("类型", lambda: KINDS)


def _may_try(request: HttpRequest, kind: str) -> bool:
    return kind in TRIALS and request.user.has_perm("marketing.add_whatifrun")


class PolicyForm(TermsForm, OpsForm):
    """Terms of a kind, as fields: see `web.ops.terms_form`."""

    kind = forms.ChoiceField(choices=list(KINDS.items()), widget=forms.HiddenInput)
    city = CityField()
    try_first = forms.BooleanField(
        label="只试算，不保存",
        required=False,
        help_text="用近 30 天的订单重新计算，规则不变",
        widget=UnfoldBooleanSwitchWidget,
    )

    def completed(self, data: dict[str, Any]) -> dict[str, Any]:
        """A surcharge has the key of its name where nobody says one."""
        for one in data.get("surcharges", ()):
            if one.get("name"):
                one.setdefault("key", key_of(one["name"]))
        return data


@admin.register(Policy)
class PolicyAdmin(TermsPage):
    """The terms: a change is a new row, and orders keep those they were bought under."""

    form = PolicyForm
    column = DATA
    list_display = ("shown_kind", "shown_city", "service", "created_at", "shown_data")
    list_filter = (InCity, "kind")
    autocomplete_fields = ("service",)

    def visible_to(self, actor: User) -> QuerySet[Policy]:
        """Of his city, and of all."""
        return selectors.policies_visible_to(actor)

    @display(description="类型", ordering="kind")
    def shown_kind(self, row: Policy) -> str:
        """In Chinese."""
        return KINDS.get(row.kind, row.kind)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A new one is of a kind, which is asked for first. What is only to be tried is not written."""
        if object_id is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        kind = self._begun(request)["kind"]
        if kind not in KINDS:
            context = self.admin_site.each_context(request) | {"title": "新规则", "opts": self.opts, "kinds": KINDS}
            return TemplateResponse(request, "ops/policy_kinds.html", context)
        if request.method == "POST" and "try_first" in request.POST:
            if not _may_try(request, kind):
                raise PermissionDenied
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                return self._try(request, form.cleaned_data)
        own = {"title": f"新规则：{KINDS[kind]}"}
        return super().changeform_view(request, None, form_url, own | (extra_context or {}))

    def _try(self, request: HttpRequest, said: Mapping[str, Any]) -> HttpResponseBase:
        service = said["service"]
        trial = TRIALS[said["kind"]].model_validate(
            {"terms": said["data"], "city": said["city"], "service_id": service.pk if service else None}
        )
        run = begin(
            what_ifs.ask_what_if(
                actor=actor_of(request), trial=trial, name=service.name if service else "", city=said["city"]
            )
        )
        return self.to(reverse("admin:marketing_whatifrun_change", args=[run.pk]))

    def _begun(self, request: HttpRequest) -> dict[str, Any]:
        """{kind, city, service, data} that a new one begins with: those of another row, where it is to be changed;
        those that were tried, where they are to hold.
        """
        number = request.GET.get("tried", "")
        runs = what_ifs_visible_to(actor_of(request)).filter(kind__in=TRIALS)
        tried = runs.filter(pk=number).first() if may_be(runs.model._meta.pk, number) else None
        if tried is not None:
            said = tried.trial
            return {"kind": tried.kind, "city": said["city"], "service": said["service_id"], "data": said["terms"]}
        before = self.begun_from(request)
        if before is not None:
            return {"kind": before.kind, "city": before.city, "service": before.service_id, "data": before.data}
        return {"kind": request.POST.get("kind") or request.GET.get("kind", ""), "data": {}}

    def _leaves(self, request: HttpRequest) -> list[Leaf]:
        begun = self._begun(request)
        terms = DATA.read(begun["data"], Policy(kind=begun["kind"]))
        if terms is None:
            # What was tried, by rules that have changed since: the defaults were never asked for.
            raise PermissionDenied
        return leaves_of(terms, names_of(begun["kind"]), spare=max(SPARE, groups_in(request.POST) + 1))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the fields of its kind."""
        if obj is None:
            kind = self._begun(request)["kind"]
            form = with_terms(PolicyForm, self._leaves(request), _model(kind), names_of(kind))
            # Of no other than that of its fields.
            own = forms.ChoiceField(choices=[(kind, KINDS[kind])], widget=forms.HiddenInput)
            kwargs["form"] = type(form.__name__, (form,), {"kind": own})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What it is for, then its fields in their groups; one that is there is read."""
        if obj is not None:
            return ((None, {"fields": ("shown_kind", "city", "service", "shown_terms")}),)
        kind = self._begun(request)["kind"]
        groups: dict[str, list[str]] = defaultdict(list)
        for leaf in self._leaves(request):
            groups[" › ".join(leaf.groups)].append(leaf.path)
        fields = [(title or None, {"fields": in_rows(paths, WIDE)}) for title, paths in groups.items()]
        first = (("city", "service"), *(["try_first"] if _may_try(request, kind) else []))
        return [(f"新规则：{KINDS[kind]}", {"fields": first}), *fields, (None, {"fields": ("reason",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of what is there, all."""
        return (*super().get_readonly_fields(request, obj), "shown_kind") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """As it is begun."""
        return self._begun(request) | initial_of(self._leaves(request))

    def write(self, actor: User, row: Policy, said: Mapping[str, Any], parts: Parts) -> Policy:
        """In force at once, for what is ordered from now on."""
        if said["try_first"]:
            # A browser that asks to try is told of faults by the same page that saves.
            raise PermissionDenied
        return put_policy(kind=said["kind"], data=said["data"], city=said["city"], service=said["service"])
