"""营销活动: drafted, tried on last month's orders, put into force, watched, ended."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from web.accounts.models import User
from web.marketing import effects, selectors, services
from web.marketing.admin import what_if
from web.marketing.admin.discount_form import FIELDS, DiscountForm, in_words, told_in_lines
from web.marketing.admin.states import COLOURS, OfCampaignState
from web.marketing.models import Campaign, CampaignVersion
from web.marketing.models.campaign import DRAFT, ENDED, LIVE, STATES
from web.marketing.services import what_ifs
from web.marketing.services.campaigns import Said
from web.money import yuan
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField, YuanField
from web.ops.filters import InCity
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.values import TOLD_IN_LINES
from web.orders.discounts import Discount

TOLD_IN_LINES[CampaignVersion, "terms"] = told_in_lines


class CampaignForm(DiscountForm):
    """What its newest version says. Another content is another version; orders keep what they got."""

    name = forms.CharField(label="名称", max_length=40, widget=UnfoldAdminTextInputWidget)
    introduction = forms.CharField(label="说明", max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    city = CityField()
    from_at = forms.SplitDateTimeField(label="开始时间", widget=UnfoldAdminSplitDateTimeWidget)
    until_at = forms.SplitDateTimeField(label="结束时间", widget=UnfoldAdminSplitDateTimeWidget)
    budget_fen = YuanField(label="预算（元）", required=False, min_value=0, max_digits=12, help_text="不填即不限")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        if row is not None and row.current:
            now = row.current
            said = {name: getattr(now, name) for name in ("name", "introduction", "from_at", "until_at")}
            kwargs["initial"] = said | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def terms_of(self, row: Any) -> Discount | None:
        """Of its newest version."""
        return row.current.discount if row is not None and row.current else None

    def for_new_customers(self, said: dict[str, Any]) -> bool:
        """新客专享 is, and no other."""
        return bool((said.get("kind") or self.instance.kind) == Campaign.NEWCOMER)


@admin.register(Campaign)
class CampaignAdmin(OfACity, OpsAdmin):
    """满减, 折扣, 新客专享."""

    form = CampaignForm
    list_display = ("shown_name", "kind", "shown_terms", "shown_city", "shown_state", "shown_time", "shown_spent")
    list_filter = (OfCampaignState, "kind", InCity)
    ordering = ("-id",)
    fixed = ("kind", "city")
    actions_detail = ["effect", "publish", "end"]
    readonly_fields = ("shown_state",)
    change_form_before_template = "marketing/in_force.html"
    fieldsets = (
        (None, {"fields": ("name", ("kind", "shown_state"), "introduction", "city", "from_at", "until_at")}),
        ("优惠", {"fields": FIELDS}),
        ("限制", {"fields": (("budget_fen", "per_person"),)}),
    )

    def visible_to(self, actor: User) -> QuerySet[Campaign]:
        """Of his city, and of all."""
        return selectors.campaigns_visible_to(actor).select_related("current")

    def settled(self, row: Campaign) -> bool:
        """One that somebody has ended: it is never in force again."""
        return row.state == ENDED

    def idle(self, row: Campaign) -> Collection[str]:
        """Of a draft whose time is over, until it has another, and of what runs already."""
        state = row.shown_state(timezone.now())
        return {DRAFT: (), LIVE: ("publish",), ENDED: ("publish", "end")}[state]

    @display(description="名称")
    def shown_name(self, row: Campaign) -> str:
        """Of its newest version."""
        return row.current.name if row.current else str(row)

    @display(description="优惠")
    def shown_terms(self, row: Campaign) -> str:
        """In a few words."""
        return in_words(row.current.discount) if row.current else "—"

    @display(description="状态", label=COLOURS)
    def shown_state(self, row: Campaign) -> str:
        """Now."""
        return STATES[row.shown_state(timezone.now())]

    @display(description="时间")
    def shown_time(self, row: Campaign) -> str:
        """In Asia/Shanghai."""
        if row.current is None:
            return "—"
        first, last = timezone.localtime(row.current.from_at), timezone.localtime(row.current.until_at)
        return f"{first:%Y-%m-%d %H:%M} 至 {last:%Y-%m-%d %H:%M}"

    @display(description="已用预算")
    def shown_spent(self, row: Campaign) -> str:
        """Of how much."""
        return f"{yuan(row.held_fen)} / {yuan(row.budget_fen)}" if row.budget_fen is not None else yuan(row.held_fen)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Whoever edits one that is in force knows that it is, before he saves it."""
        row = context.get("original")
        in_force = row is not None and row.shown_state(timezone.now()) == LIVE
        return super().render_change_form(request, context | {"in_force": in_force}, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """With the way to its trial."""
        self._tell_of_trial(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """With the way to its new trial."""
        self._tell_of_trial(request, obj)
        return super().response_change(request, obj)

    def _tell_of_trial(self, request: HttpRequest, row: Campaign) -> None:
        page = reverse("admin:marketing_campaign_effect", args=[row.pk])
        self.message_user(
            request, format_html('已按保存的内容开始试算：<a class="underline" href="{}">查看试算</a>', page)
        )

    def write(self, actor: User, row: Campaign, said: Mapping[str, Any], parts: Parts) -> Campaign:
        """A draft, or another version."""
        written = self._write(actor, row, said)
        # Tried as soon as it is written: who comes to put it into force reads what it would have come to.
        what_if.begin(what_ifs.try_campaign_as_written(actor=actor, campaign_id=written.pk))
        return written

    def _write(self, actor: User, row: Campaign, said: Mapping[str, Any]) -> Campaign:
        content = Said(said["name"], said["discount"], said["from_at"], said["until_at"], said["introduction"])
        if not row.pk:
            return services.create_campaign(
                actor=actor,
                city=said["city"],
                kind=said["kind"],
                said=content,
                budget_fen=said["budget_fen"],
                per_person=said["per_person"],
                reason=said["reason"],
            )
        now = row.current
        if now is None or content != Said(now.name, now.discount, now.from_at, now.until_at, now.introduction):
            row = services.revise_campaign(actor=actor, campaign_id=row.pk, said=content, reason=said["reason"])
        limits = {"budget_fen": said["budget_fen"], "per_person": said["per_person"]}
        return services.set_limits(actor=actor, campaign_id=row.pk, **limits)

    @action(description="上线", url_path="publish", permissions=["command"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """In force as soon as its time begins."""

        def do(actor: User, row: Campaign, said: Mapping[str, Any]) -> str:
            services.publish_campaign(actor=actor, campaign_id=row.pk)
            return "已上线"

        notes = partial(_tried_in_words, request)
        return self.ask(request, object_id, title="上线活动", do=do, notes=notes, as_seen=True)

    @action(description="结束", url_path="end", permissions=["command"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """No further order gets it."""

        def do(actor: User, row: Campaign, said: Mapping[str, Any]) -> str:
            services.end_campaign(actor=actor, campaign_id=row.pk)
            return "已结束：以后的订单不再享受，已享受的不变"

        return self.ask(request, object_id, title="结束活动", do=do)

    @action(description="试算与效果", url_path="effect")
    def effect(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What it would have come to last month, and, live, what it has come to."""
        actor, row = actor_of(request), self.get_object(request, object_id)
        if row is None or row.current is None or not self.has_view_permission(request, row):
            raise PermissionDenied

        def effect() -> list[tuple[str, str]]:
            return effect_figures(effects.effect_of_campaign(actor=actor, campaign_id=row.pk))

        return what_if.on_page(
            self,
            request,
            row,
            kind="campaign",
            title=row.current.name,
            ask=lambda actor: what_ifs.try_campaign_as_written(actor=actor, campaign_id=row.pk),
            current=what_ifs.trial_of(row).written(),
            effect=effect if row.published_at else None,
        )


def effect_figures(one: effects.Effect) -> list[tuple[str, str]]:
    """(what, how much) as people read it."""
    per_new = one.cost_per_new_fen
    return [
        ("发放或享受", f"{one.issued}"),
        ("已使用（订单已支付且有效）", f"{one.used}"),
        ("占用中（待支付）", f"{one.held}"),
        ("带来的收入", yuan(one.income_fen)),
        ("优惠金额", yuan(one.off_fen)),
        ("平台承担（已结算）", yuan(one.cost_fen)),
        ("新客", f"{one.new_customers} 人"),
        ("每位新客成本（已结算）", "—" if per_new is None else yuan(per_new)),
    ]


def _tried_in_words(request: HttpRequest, row: Campaign) -> list[str]:
    run = selectors.newest_what_if(actor_of(request), kind="campaign", subject_id=row.pk, city=row.city)
    return list(what_if.in_words(run, what_ifs.trial_of(row).written()))
