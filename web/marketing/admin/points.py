"""积分: the rules of cities, and everybody's entries."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from pydantic import ValidationError as TermsError
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from web.accounts.models import User
from web.marketing import points_selectors, services
from web.marketing.models import PointsEntry, PointsRule
from web.marketing.points import Points
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import display
from web.ops.fields import CityField
from web.ops.forms import OpsForm
from web.ops.parts import Parts
from web.ops.terms import refuse

FIELDS = {
    "per_yuan": "多少积分值 1 元",
    "earn_bp": "按实付返积分（万分之）",
    "earn_max": "每单最多返积分",
    "spend_bp": "最多抵扣订单金额（万分之）",
    "spend_step": "每次使用的最小单位",
    "months": "有效月数",
    "grace_days": "退回后至少有效天数",
    "remind_days": "到期前几天提醒",
}


class RuleForm(OpsForm):
    """A city's points from now on."""

    city = CityField()

    def clean(self) -> dict[str, Any]:
        """As orders would go by it; each fault at its field."""
        said = super().clean()
        if not self.errors:
            try:
                Points.model_validate({name: said[name] for name in FIELDS})
            except TermsError as wrong:
                refuse(self, wrong)
        return said


for _name, _label in FIELDS.items():
    RuleForm.base_fields[_name] = RuleForm.declared_fields[_name] = forms.IntegerField(
        label=_label, min_value=0, initial=Points.model_fields[_name].default, widget=UnfoldAdminIntegerFieldWidget
    )


@admin.register(PointsRule)
class PointsRuleAdmin(OfACity, OpsAdmin):
    """积分规则: a change is a new row, and orders go by the rules of the day they were placed."""

    form = RuleForm
    list_display = ("id", "shown_city", "shown_rule", "created_at")
    ordering = ("-id",)
    fieldsets = ((None, {"fields": ("city", *FIELDS)}),)

    def visible_to(self, actor: User) -> QuerySet[PointsRule]:
        """Of his city, and of all."""
        return points_selectors.rules_visible_to(actor)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: points were earned by it."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """One that is there is read as it stands."""
        return super().get_fieldsets(request, obj) if obj is None else ((None, {"fields": ("city", "data")}),)

    @display(description="规则内容")
    def shown_rule(self, row: PointsRule) -> str:
        """By their names."""
        return "；".join(f"{FIELDS.get(name, name)} {json.dumps(value)}" for name, value in row.data.items())

    def write(self, actor: User, row: PointsRule, said: Mapping[str, Any], parts: Parts) -> PointsRule:
        """In force at once."""
        data = {name: said[name] for name in FIELDS}
        return services.put_points_rule(actor=actor, data=data, city=said["city"], reason=said["reason"])


@admin.register(PointsEntry)
class PointsEntryAdmin(OpsAdmin):
    """积分明细."""

    editable = False
    list_display = ("id", "shown_user", "kind", "points", "shown_order", "at")
    fields = ("shown_user", "kind", "points", "owed", "lapsed", "shown_order", "base_fen", "by", "note", "at")
    list_filter = ("kind", ("at", RangeDateFilter))
    search_fields = ("user__id", "order_id")
    search_help_text = "用户编号或订单号"
    ordering = ("-id",)

    def visible_to(self, actor: User) -> QuerySet[PointsEntry]:
        """As the selector says."""
        return points_selectors.entries_visible_to(actor)

    @display(description="用户", ordering="user_id")
    def shown_user(self, row: PointsEntry) -> str:
        """His number."""
        return str(getattr(row, "user_id", ""))

    @display(description="订单", ordering="order_id")
    def shown_order(self, row: PointsEntry) -> str:
        """For which they were given or spent."""
        return str(row.order_id or "—")
