"""积分礼品, and what people have exchanged their points for."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from unfold.widgets import UnfoldAdminTextInputWidget

from web.accounts.models import StaffAction, User
from web.accounts.services import record_staff_action
from web.marketing import gifts_selectors, selectors, services
from web.marketing.admin.coupon_field import CouponField
from web.marketing.models import CouponKind, Exchange, Gift
from web.marketing.services.gifts import Offered
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField
from web.ops.filters import InCity
from web.ops.forms import AskForm, OpsForm
from web.ops.parts import Parts
from web.ops.site import actor_of

SAID = ("name", "points", "stock", "introduction", "per_person", "from_at", "until_at", "on", "position")


class GiftForm(OpsForm):
    """A thing, or a coupon."""

    actor: ClassVar[User]
    city = CityField()
    coupon_kind_id = CouponField(label="兑换的优惠券", nothing="不是优惠券（实物，需要地址）")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("coupon_kind_id")
        if isinstance(field, CouponField):
            kinds = selectors.kinds_visible_to(self.actor)
            field.offer(kinds, how=CouponKind.EXCHANGED, chosen=self.instance.coupon_kind_id)


@admin.register(Gift)
class GiftAdmin(OfACity, OpsAdmin):
    """积分礼品."""

    form = GiftForm
    list_display = ("name", "points", "shown_stock", "shown_city", "on", "shown_limit", "from_at", "until_at")
    list_filter = ("on", InCity)
    ordering = ("city", "position", "id")
    fixed = ("city",)
    fieldsets = (
        (None, {"fields": (("name", "city"), "introduction", "coupon_kind_id", ("points", "stock", "per_person"))}),
        ("展示", {"fields": ("from_at", "until_at", ("on", "position"))}),
    )

    def visible_to(self, actor: User) -> QuerySet[Gift]:
        """Of his city, and of all."""
        return gifts_selectors.gifts_visible_to(actor)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With whose it is: he offers coupons of his city."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": actor_of(request)})

    @display(description="已兑 / 库存")
    def shown_stock(self, row: Gift) -> str:
        """Of how many."""
        return f"{row.taken} / {row.stock}"

    @display(description="每人限量", ordering="per_person")
    def shown_limit(self, row: Gift) -> str:
        """0 for none."""
        return str(row.per_person or "不限")

    def write(self, actor: User, row: Gift, said: Mapping[str, Any], parts: Parts) -> Gift:
        """Offered so from now on."""
        offered = Offered(coupon_kind_id=said["coupon_kind_id"], **{name: said[name] for name in SAID})
        return services.put_gift(actor=actor, offered=offered, city=said["city"], gift_id=row.pk)


class NoteForm(AskForm):
    """What its receiver reads."""

    note = forms.CharField(
        label="给用户的说明（如快递单号）", max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    field_order = ("note", "reason")


@admin.register(Exchange)
class ExchangeAdmin(OfACity, OpsAdmin):
    """礼品兑换: what waits to be given, and where to. Reading where to leaves a trace."""

    editable = False
    list_display = ("id", "gift_name", "shown_user", "points", "shown_state", "shown_city", "at", "done_at")
    list_filter = ("state", InCity)
    search_fields = ("id", "user__id", "gift_name")
    search_help_text = "兑换号、用户编号或礼品名称"
    ordering = ("-id",)
    readonly_fields = (*list_display, "by", "shown_reason")
    fields = readonly_fields
    actions_detail = ["where_to", "give", "call_off"]

    def visible_to(self, actor: User) -> QuerySet[Exchange]:
        """Of his city, and of all."""
        return gifts_selectors.exchanges_visible_to(actor)

    @display(description="用户", ordering="user_id")
    def shown_user(self, row: Exchange) -> str:
        """His number."""
        return str(row.user_id)

    @display(description="状态", label={"待发放": "warning", "已发放": "success", "已取消": "danger"})
    def shown_state(self, row: Exchange) -> str:
        """In Chinese."""
        return Exchange.STATES[row.state]

    @display(description="原因")
    def shown_reason(self, row: Exchange) -> str:
        """Why staff gave it, or called it off."""
        return row.reason or "—"

    def has_give_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As editing gifts; in his city, the service says."""
        return actor_of(request).has_perm("marketing.change_gift")

    @action(description="查看收件信息", url_path="where-to", permissions=["give"])
    def where_to(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Contact and place, once asked for with a reason."""

        def do(actor: User, row: Exchange, said: Mapping[str, Any]) -> str:
            action, target = StaffAction.EXCHANGE_READ, f"exchange:{row.pk}"
            record_staff_action(actor=actor, action=action, target=target, reason=said["reason"])
            return f"{row.contact_name} {row.contact_phone} {row.place}"

        return self.ask(request, object_id, title="查看收件信息", do=do, may=self.has_give_permission, here=True)

    @action(description="已发放", url_path="give", permissions=["give"])
    def give(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """It is on its way, or there."""

        def do(actor: User, row: Exchange, said: Mapping[str, Any]) -> str:
            services.give_exchange(actor=actor, exchange_id=row.pk, note=said["note"], reason=said["reason"])
            return "已标记为发放"

        return self.ask(request, object_id, title="发放礼品", do=do, form=NoteForm, may=self.has_give_permission)

    @action(description="取消兑换", url_path="call-off", permissions=["give"])
    def call_off(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The points go back."""

        def do(actor: User, row: Exchange, said: Mapping[str, Any]) -> str:
            services.call_off_exchange(actor=actor, exchange_id=row.pk, note=said["note"], reason=said["reason"])
            return "已取消，积分已退回"

        return self.ask(request, object_id, title="取消兑换", do=do, form=NoteForm, may=self.has_give_permission)
