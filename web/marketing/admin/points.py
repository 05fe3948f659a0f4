"""积分: the rules of cities, and everybody's entries."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter

from web.accounts.models import User
from web.marketing import points_selectors, services
from web.marketing.models import PointsEntry, PointsRule
from web.marketing.points import Points
from web.ops.base import OpsAdmin
from web.ops.decorators import display
from web.ops.fields import CityField
from web.ops.forms import OpsForm
from web.ops.parts import Parts
from web.ops.terms_column import TermsColumn
from web.ops.terms_fields import Names, initial_of, leaves_of
from web.ops.terms_form import TermsForm, with_terms
from web.ops.terms_page import TermsPage
from web.ops.values import TOLD_IN_LINES
from web.orders.terms import stored

NAMES = Names(
    {
        "per_yuan": "多少积分值 1 元",
        "earn_bp": "按实付返积分",
        "earn_max": "每单最多返积分",
        "spend_bp": "最多抵扣订单金额",
        "spend_step": "每次使用的最小单位",
        "months": "有效月数",
        "grace_days": "退回后至少有效天数",
        "remind_days": "到期前几天提醒",
    },
    hidden=frozenset({"review"}),
)
DATA = TermsColumn(lambda row: Points, lambda row: NAMES, "规则内容")
TOLD_IN_LINES[PointsRule, "data"] = DATA.in_lines

LEAVES = leaves_of(Points(), NAMES)


class RuleForm(TermsForm, OpsForm):
    """A city's points from now on."""

    city = CityField()


@admin.register(PointsRule)
class PointsRuleAdmin(TermsPage):
    """积分规则: a change is a new row, and orders go by the rules of the day they were placed."""

    form = with_terms(RuleForm, LEAVES, Points, NAMES)
    list_display = ("id", "shown_city", "shown_data", "created_at")
    column = DATA
    fieldsets = ((None, {"fields": ("city", *(leaf.path for leaf in LEAVES))}),)

    def visible_to(self, actor: User) -> QuerySet[PointsRule]:
        """Of his city, and of all."""
        return points_selectors.rules_visible_to(actor)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """One that is there is read."""
        return super().get_fieldsets(request, obj) if obj is None else ((None, {"fields": ("city", "shown_terms")}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Those of another row, where it is to be changed; else the defaults."""
        before = self.begun_from(request)
        terms = stored(Points, before.data) if before else Points()
        return {"city": before.city if before else ""} | initial_of(leaves_of(terms, NAMES))

    def write(self, actor: User, row: PointsRule, said: Mapping[str, Any], parts: Parts) -> PointsRule:
        """In force at once."""
        return services.put_points_rule(actor=actor, data=said["data"], city=said["city"], reason=said["reason"])


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
