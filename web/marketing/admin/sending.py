"""营销发送: a message, with or without a coupon, to everybody of an audience."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from pydantic import ValidationError as TermsError
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldBooleanSwitchWidget,
)

from web.accounts.models import User
from web.marketing import selectors, sending_selectors, services
from web.marketing.admin.coupon_field import CouponField
from web.marketing.audiences import Audience
from web.marketing.models import CouponKind, Sending
from web.marketing.services.sending import Draft
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField, YuanField
from web.ops.filters import InCity
from web.ops.forms import AskForm, OpsForm
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.terms import refuse

NUMBERS = {
    "within_days": "统计最近多少天的订单",
    "orders_from": "订单数不少于",
    "orders_to": "订单数不多于",
    "ordered_within_days": "最近多少天内下过单",
    "silent_for_days": "多少天没有下单",
    "registered_within_days": "最近多少天内注册",
}
MONEY = {"spent_from_fen": "消费不少于（元）", "spent_to_fen": "消费不多于（元）"}
DAYS = {"registered_from": "注册日期从", "registered_until": "注册日期到"}
AUDIENCE = (*NUMBERS, *MONEY, *DAYS)


class SendingForm(OpsForm):
    """What is sent, and to whom: all that is said of the audience has to hold."""

    actor: ClassVar[User]
    city = CityField()
    coupon_kind_id = CouponField(label="附带优惠券", nothing="不附带")
    never_ordered = forms.BooleanField(
        label="从未下单", required=False, help_text="与新客优惠的新客相同：从未付过款", widget=UnfoldBooleanSwitchWidget
    )
    coupon_unused = forms.TypedChoiceField(
        label="有未使用的优惠券",
        required=False,
        choices=[("", "不限"), ("yes", "有"), ("no", "没有")],
        coerce=lambda said: said == "yes",
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        if row is not None and row.pk:
            audience = Audience.model_validate(row.audience)
            unused = {None: "", True: "yes", False: "no"}[audience.coupon_unused]
            said = audience.model_dump() | {"coupon_unused": unused}
            kwargs["initial"] = said | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field = self.fields.get("coupon_kind_id")
        if isinstance(field, CouponField):
            kinds = selectors.kinds_in_charge_of(self.actor)
            field.offer(kinds, how=CouponKind.SENT, chosen=self.instance.coupon_kind_id)

    @property
    def audience(self) -> dict[str, Any]:
        """Of what was said, as JSON."""
        names = ("city", "never_ordered", "coupon_unused", *AUDIENCE)
        said = {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] not in (None, "")}
        return Audience.model_validate(said).model_dump(mode="json", exclude_defaults=True)

    def clean(self) -> dict[str, Any]:
        """The audience has to be somebody."""
        said = super().clean()
        if not self.errors:
            try:
                said["audience"] = self.audience
            except TermsError as wrong:
                refuse(self, wrong)
        return said


def _field(name: str) -> forms.Field:
    if name in NUMBERS:
        return forms.IntegerField(
            label=NUMBERS[name], required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
        )
    if name in MONEY:
        return YuanField(label=MONEY[name], required=False, min_value=0)
    return forms.DateField(label=DAYS[name], required=False, widget=UnfoldAdminDateWidget)


for _name in AUDIENCE:
    SendingForm.base_fields[_name] = SendingForm.declared_fields[_name] = _field(_name)


class StartForm(AskForm):
    """When."""

    at = forms.SplitDateTimeField(
        label="开始时间",
        required=False,
        help_text="不填即现在；21:30 至 8:30 不发送",
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    field_order = ("at", "reason")


@admin.register(Sending)
class SendingAdmin(OfACity, OpsAdmin):
    """营销发送."""

    form = SendingForm
    list_display = ("title", "shown_city", "shown_state", "shown_start", "told", "passed_over", "done_at")
    list_filter = ("state", InCity)
    ordering = ("-id",)
    actions_detail = ["start", "stop"]
    fieldsets = (
        (None, {"fields": ("title", "text", "link", ("coupon_kind_id", "per_minute"))}),
        (
            "发给谁",
            {
                "fields": (
                    "city",
                    ("within_days", "spent_from_fen", "spent_to_fen"),
                    ("orders_from", "orders_to", "never_ordered"),
                    ("ordered_within_days", "silent_for_days"),
                    ("registered_within_days", "coupon_unused"),
                    ("registered_from", "registered_until"),
                )
            },
        ),
    )

    def visible_to(self, actor: User) -> QuerySet[Sending]:
        """Of his city, and of all."""
        return sending_selectors.sendings_visible_to(actor)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With whose it is: he sends coupons of his city."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": actor_of(request)})

    def settled(self, row: Sending) -> bool:
        """What has started: some have it."""
        return row.state != Sending.DRAFT

    def idle(self, row: Sending) -> Collection[str]:
        """What is through is through; what was stopped can go on."""
        waiting = row.state in (Sending.DRAFT, Sending.STOPPED)
        return {"start", "stop"} if row.state == Sending.DONE else {"stop"} if waiting else {"start"}

    @display(description="状态", label={"草稿": "warning", "发送中": "info", "已完成": "success", "已停止": "danger"})
    def shown_state(self, row: Sending) -> str:
        """In Chinese."""
        return Sending.STATES[row.state]

    @display(description="开始时间", ordering="starts_at")
    def shown_start(self, row: Sending) -> str:
        """From when it goes out."""
        return f"{timezone.localtime(row.starts_at):%Y-%m-%d %H:%M}" if row.starts_at else "—"

    def write(self, actor: User, row: Sending, said: Mapping[str, Any], parts: Parts) -> Sending:
        """A draft."""
        draft = Draft(
            title=said["title"],
            text=said["text"],
            audience=said["audience"],
            link=said["link"],
            coupon_kind_id=said["coupon_kind_id"],
            per_minute=said["per_minute"],
        )
        return services.put_sending(actor=actor, draft=draft, sending_id=row.pk)

    @action(description="开始发送", url_path="start", permissions=["command"])
    def start(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """To so many people."""

        def do(actor: User, row: Sending, said: Mapping[str, Any]) -> str:
            services.start_sending(actor=actor, sending_id=row.pk, at=said["at"])
            return "已开始"

        def notes(row: Sending) -> Iterable[str]:
            audience = Audience.model_validate(row.audience)
            size = sending_selectors.preview(actor=actor_of(request), audience=audience, at=timezone.now())
            yield f"符合条件的有 {size.people} 人，其中接受营销消息的 {size.accepting} 人会收到。"
            kinds = selectors.kinds_visible_to(actor_of(request))
            kind = kinds.filter(pk=row.coupon_kind_id).first() if row.coupon_kind_id is not None else None
            if kind is not None and kind.left is not None and kind.left < size.accepting:
                yield f"附带的优惠券「{kind.name}」只剩 {kind.left} 张：发完后，其余的人既收不到优惠券，也收不到消息。"

        return self.ask(request, object_id, title="开始发送", do=do, form=StartForm, notes=notes, as_seen=True)

    @action(description="停止发送", url_path="stop", permissions=["command"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Whoever has it keeps it."""

        def do(actor: User, row: Sending, said: Mapping[str, Any]) -> str:
            services.stop_sending(actor=actor, sending_id=row.pk)
            return "已停止"

        return self.ask(request, object_id, title="停止发送", do=do)
