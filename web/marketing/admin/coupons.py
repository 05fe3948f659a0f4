"""优惠券: batches, and the coupons that people have of them."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldBooleanSwitchWidget,
)

from web.accounts.models import User
from web.marketing import effects, selectors, services
from web.marketing.admin.campaigns import effect_figures
from web.marketing.admin.coupon_sending import SendForm, sent_in_words
from web.marketing.admin.discount_form import FIELDS, DiscountForm, in_words, told_in_lines
from web.marketing.admin.resources import KindResource
from web.marketing.admin.states import COLOURS, OfState
from web.marketing.models import Coupon, CouponKind
from web.marketing.models.campaign import DRAFT, ENDED, LIVE, STATES
from web.marketing.services.kinds import KindDraft
from web.money import yuan
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField, YuanField
from web.ops.filters import InCity
from web.ops.forms import AskForm
from web.ops.importing import Importing
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.values import TOLD_IN_LINES
from web.orders.discounts import Discount

TOLD_IN_LINES[CouponKind, "terms"] = told_in_lines

SAID = (
    *("name", "how", "city", "introduction", "stock", "per_person", "grab_from", "grab_until", "from_at"),
    *("until_at", "days", "return_days", "remind_days", "after_fen"),
)
"""What a draft says beside its terms."""


class KindForm(DiscountForm):
    """A batch; once published, what it says stays."""

    city = CityField()
    new_customers = forms.BooleanField(label="仅限新客", required=False, widget=UnfoldBooleanSwitchWidget)
    after_fen = YuanField(label="完成多少元的订单后赠送（规则赠送）", required=False, min_value=0, initial=0)

    def terms_of(self, row: Any) -> Discount | None:
        """Its own."""
        return row.discount if row is not None and row.pk else None

    def for_new_customers(self, said: dict[str, Any]) -> bool:
        """As it says."""
        return bool(said["new_customers"])


MOST_MORE = 1_000_000


class MoreForm(AskForm):
    """How many more."""

    more = forms.IntegerField(
        label="增加（减少填负数）", min_value=-MOST_MORE, max_value=MOST_MORE, widget=UnfoldAdminIntegerFieldWidget
    )
    field_order = ("more", "reason")


@admin.register(CouponKind)
class CouponKindAdmin(Importing, OfACity, OpsAdmin):
    """优惠券批次."""

    form = KindForm
    list_display = ("name", "shown_terms", "how", "shown_city", "shown_state", "shown_stock", "shown_limit")
    list_filter = (OfState, "how", InCity)
    search_fields = ("name",)
    ordering = ("-id",)
    resource = KindResource
    actions_detail = ["effect", "publish", "end", "more", "send"]
    readonly_fields = ("shown_state",)
    fieldsets = (
        (None, {"fields": (("name", "how", "shown_state"), "introduction", ("city", "new_customers"))}),
        ("优惠", {"fields": FIELDS}),
        ("数量", {"fields": (("stock", "per_person"), "grab_from", "grab_until")}),
        ("使用时间（起止，或领取后多少天）", {"fields": ("from_at", "until_at", "days")}),
        ("其他", {"fields": (("return_days", "remind_days"), "after_fen")}),
    )

    def visible_to(self, actor: User) -> QuerySet[CouponKind]:
        """Of his city, and of all."""
        return selectors.kinds_visible_to(actor)

    def settled(self, row: CouponKind) -> bool:
        """What is published stays as it is said."""
        return row.state != DRAFT

    def idle(self, row: CouponKind) -> Collection[str]:
        """What is over is had by nobody; a draft is not sent, and of what has no limit there is no more."""
        state = row.shown_state(timezone.now())
        idle = {DRAFT: {"send"}, LIVE: {"publish"}, ENDED: {"publish", "end", "more", "send"}}[state]
        return idle | ({"more"} if row.stock is None else set()) | ({"send"} if row.how != CouponKind.SENT else set())

    @display(description="状态", label=COLOURS)
    def shown_state(self, row: CouponKind) -> str:
        """Now."""
        return STATES[row.shown_state(timezone.now())]

    @display(description="优惠")
    def shown_terms(self, row: CouponKind) -> str:
        """In a few words."""
        return in_words(row.discount)

    @display(description="已发 / 库存")
    def shown_stock(self, row: CouponKind) -> str:
        """Of how many."""
        return f"{row.issued} / {'不限' if row.stock is None else row.stock}"

    @display(description="每人限量", ordering="per_person")
    def shown_limit(self, row: CouponKind) -> str:
        """0 for none."""
        return str(row.per_person or "不限")

    def write(self, actor: User, row: CouponKind, said: Mapping[str, Any], parts: Parts) -> CouponKind:
        """A draft."""
        draft = KindDraft(
            terms=said["discount"], **{name: said[name] for name in SAID} | {"after_fen": said["after_fen"] or 0}
        )
        if not row.pk:
            return services.create_kind(actor=actor, draft=draft)
        return services.revise_kind(actor=actor, kind_id=row.pk, draft=draft)

    @action(description="发布", url_path="publish", permissions=["command"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """It can be had from now on."""

        def do(actor: User, row: CouponKind, said: Mapping[str, Any]) -> str:
            services.publish_kind(actor=actor, kind_id=row.pk)
            return "已发布"

        def notes(row: CouponKind) -> list[str]:
            return ["发布后内容不能再修改，只能结束或增减库存。"] if row.state == DRAFT else []

        return self.ask(request, object_id, title="发布优惠券", do=do, notes=notes, as_seen=True)

    @action(description="结束", url_path="end", permissions=["command"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Nobody gets one any more."""

        def do(actor: User, row: CouponKind, said: Mapping[str, Any]) -> str:
            services.end_kind(actor=actor, kind_id=row.pk)
            return "已结束：不再发放，已领取的仍可使用"

        return self.ask(request, object_id, title="结束优惠券", do=do)

    @action(description="增减库存", url_path="stock", permissions=["command"])
    def more(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Never fewer than were given out."""

        def do(actor: User, row: CouponKind, said: Mapping[str, Any]) -> str:
            kind = services.add_stock(actor=actor, kind_id=row.pk, more=said["more"])
            return f"库存现在是 {kind.stock if kind.stock is not None else '不限'}"

        return self.ask(request, object_id, title="增减库存", do=do, form=MoreForm)

    @action(description="发给用户", url_path="send", permissions=["command"])
    def send(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """To these customers; once a batch number."""

        def do(actor: User, row: CouponKind, said: Mapping[str, Any]) -> str:
            outcomes = services.send_coupons(
                actor=actor, kind_id=row.pk, user_ids=said["user_ids"], why=said["reason"], key=said["key"]
            )
            return sent_in_words(outcomes)

        return self.ask(request, object_id, title="发给用户", do=do, form=SendForm)

    @action(description="效果", url_path="effect")
    def effect(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What it has come to."""
        actor, row = actor_of(request), self.get_object(request, object_id)
        if row is None:
            raise PermissionDenied
        figures = effect_figures(effects.effect_of_kind(actor=actor, kind_id=row.pk))
        context = self.context_of(request, row, f"{row.name}：效果") | {"effect": figures}
        return TemplateResponse(request, "ops/effect.html", context)


@admin.register(Coupon)
class CouponAdmin(OpsAdmin):
    """优惠券: whose they are, by number."""

    editable = False
    list_display = ("id", "kind", "shown_user", "shown_state", "from_at", "until_at", "shown_order", "shown_amount")
    list_filter = ("state",)
    search_fields = ("id", "user__id", "order_id", "kind__name")
    linked = ("kind",)
    search_help_text = "券号、用户编号、订单号或批次名称"
    ordering = ("-id",)
    readonly_fields = (*list_display, "got_at", "why", "revoked_for")
    fields = readonly_fields
    actions_detail = ["revoke"]

    def visible_to(self, actor: User) -> QuerySet[Coupon]:
        """Of the kinds of his city."""
        return selectors.coupons_visible_to(actor).select_related("kind")

    @display(description="用户", ordering="user_id")
    def shown_user(self, row: Coupon) -> str:
        """His number."""
        return str(row.user_id)

    @display(description="状态", label={"未使用": "success", "已占用": "info", "已使用": "warning"})
    def shown_state(self, row: Coupon) -> str:
        """Now."""
        return Coupon.SHOWN[row.shown_state(timezone.now())]

    @display(description="订单")
    def shown_order(self, row: Coupon) -> str:
        """For which it is kept or was used."""
        return str(row.order_id or "—")

    @display(description="抵扣")
    def shown_amount(self, row: Coupon) -> str:
        """What it took off."""
        return yuan(row.amount_fen) if row.amount_fen else "—"

    @action(description="收回", url_path="revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """With the reason, which its owner reads."""

        def do(actor: User, row: Coupon, said: Mapping[str, Any]) -> str:
            services.revoke_coupon(actor=actor, coupon_id=row.pk, reason=said["reason"])
            return "已收回"

        return self.ask(request, object_id, title="收回优惠券", do=do, may=self.has_revoke_permission)

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As changing its kind; in his city, the service says."""
        return actor_of(request).has_perm("marketing.change_couponkind")
