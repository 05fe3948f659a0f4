"""规则与价格: the terms that orders are bought under. A change is a new row."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from pydantic import ValidationError as TermsError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from web.accounts.models import User
from web.marketing.admin.what_if import begin
from web.marketing.selectors import what_ifs_visible_to
from web.marketing.services import what_ifs
from web.marketing.what_if import CancellationTrial, PricingTrial
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField
from web.ops.filters import InCity
from web.ops.forms import OpsForm
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.terms import refuse
from web.orders import selectors
from web.orders.models import Policy
from web.orders.policies import KINDS, Policies
from web.orders.services.terms import put_policy

TRIALS: Mapping[str, type[CancellationTrial | PricingTrial]] = {
    "cancellation": CancellationTrial,
    "pricing": PricingTrial,
}
"""Kinds that can be tried."""

KIND_NAMES = {
    "booking": "预约",
    "travel": "路程估计",
    "payment": "支付",
    "dispatch": "派单",
    "visit": "上门",
    "completion": "完成与确认",
    "after_sales": "售后",
    "warranty": "质保返工",
    "cancellation": "取消",
    "commission": "佣金",
    "reassign": "改派",
    "rescheduling": "改期",
    "exceptions": "异常",
    "conversation": "沟通",
    "no_show": "爽约",
    "supplement": "加项",
    "withdrawal": "提现",
    "tipping": "小费",
    "pricing": "价格与加价",
}


class PolicyForm(OpsForm):
    """Terms are checked as orders would be bought under them; some can be tried on last month."""

    kind = forms.ChoiceField(
        label="类型", choices=[(kind, KIND_NAMES.get(kind, kind)) for kind in KINDS], widget=UnfoldAdminSelectWidget
    )
    city = CityField()
    data = forms.JSONField(  # type: ignore[assignment]
        label="规则内容",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 14}),
        help_text="JSON：只写与默认不同的项。时长为秒，距离为米，金额为分，比例为万分之一。",
    )

    try_first = forms.BooleanField(
        label="只试算，不保存",
        required=False,
        help_text="取消规则、价格与加价：用近 30 天的订单重新计算，规则不变",
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean(self) -> dict[str, Any]:
        """With what is wrong named by its place in them."""
        cleaned = super().clean()
        if cleaned.get("data", 0) is None:
            # Nothing but the defaults, which a field takes for nothing at all.
            cleaned["data"] = {}
        kind, data = cleaned.get("kind"), cleaned.get("data")
        if kind and isinstance(data, dict):
            try:
                Policies.model_validate({kind: data})
            except TermsError as wrong:
                refuse(self, wrong, terms="data", below=1)
        elif data is not None:
            self.add_error("data", "应为 JSON 对象 { }")
        if cleaned.get("try_first") and kind not in TRIALS:
            raise ValidationError(f"只有{'、'.join(KIND_NAMES[one] for one in TRIALS)}可以试算")
        return cleaned


@admin.register(Policy)
class PolicyAdmin(OfACity, OpsAdmin):
    """The terms: a change is a new row, and orders keep those they were bought under."""

    form = PolicyForm
    list_display = ("shown_kind", "shown_city", "service", "created_at", "shown_data")
    list_filter = (InCity, "kind")
    ordering = ("-id",)
    autocomplete_fields = ("service",)
    fields = ("kind", "city", "service", "data", "try_first")
    change_form_before_template = "ops/policy_defaults.html"
    actions_detail = ["again"]

    def visible_to(self, actor: User) -> QuerySet[Policy]:
        """Of his city, and of all."""
        return selectors.policies_visible_to(actor)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: orders have been bought under it."""
        return False

    @display(description="类型", ordering="kind")
    def shown_kind(self, row: Policy) -> str:
        """In Chinese."""
        return KIND_NAMES.get(row.kind, row.kind)

    @display(description="规则内容")
    def shown_data(self, row: Policy) -> str:
        """As it is stored, shortened."""
        text = json.dumps(row.data, ensure_ascii=False)
        return text if len(text) <= 80 else f"{text[:80]}…"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is there is tried no more."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if name != "try_first"] if obj else fields

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """With the defaults of each kind. What is only to be tried is not written."""
        if request.method == "POST" and "try_first" in request.POST and object_id is None:
            form = self.get_form(request)(request.POST)
            may = self.has_add_permission(request) and request.user.has_perm("marketing.add_whatifrun")
            if may and form.is_valid():
                return self._try(request, form.cleaned_data)
        defaults = Policies().model_dump(mode="json")
        shown = [(KIND_NAMES.get(kind, kind), json.dumps(defaults[kind], ensure_ascii=False)) for kind in KINDS]
        return super().changeform_view(request, object_id, form_url, {"defaults": shown} | (extra_context or {}))

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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Those of another row, where it is to be changed; those that were tried, where they are to hold."""
        number = request.GET.get("tried", "")
        runs = what_ifs_visible_to(actor_of(request)).filter(kind__in=TRIALS)
        tried = runs.filter(pk=number).first() if number.isdecimal() else None
        if tried is not None:
            said = tried.trial
            return {"kind": tried.kind, "city": said["city"], "service": said["service_id"], "data": said["terms"]}
        before = self.get_object(request, request.GET.get("from", ""))
        if before is None:
            return {"data": {}}
        return {"kind": before.kind, "city": before.city, "service": before.service_id, "data": before.data}

    @action(description="在此基础上修改", url_path="again", permissions=["add"])
    def again(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A new row that begins as this one."""
        return self.to(f"{reverse('admin:orders_policy_add')}?from={object_id}")

    def write(self, actor: User, row: Policy, said: Mapping[str, Any], parts: Parts) -> Policy:
        """In force at once, for what is ordered from now on."""
        return put_policy(kind=said["kind"], data=said["data"], city=said["city"], service=said["service"])
