"""People: the staff with their duties and cities, and the customers with their review."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from web.accounts import selectors, services
from web.accounts.duties import DUTIES
from web.accounts.models import EVERY_CITY, AccessTrace, Customer, Staff, StaffAction, User
from web.accounts.phones import masked
from web.ops.base import ANYWHERE, OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField
from web.ops.filters import InCity
from web.ops.forms import AskForm, OpsForm
from web.ops.parts import Parts
from web.ops.signing_in import forget_second_factor as forget
from web.ops.site import actor_of
from web.ops.values import TOLD_IN_LINES, in_codes

TOLD_IN_LINES[User, "duties"] = in_codes("岗位", lambda: {code: duty.name for code, duty in DUTIES.items()})


class StaffForm(OpsForm):
    """A colleague: what he may do, and where."""

    password = forms.CharField(
        label="新密码",
        required=False,
        widget=UnfoldAdminPasswordWidget,
        help_text="至少 10 位，不能全是数字；不修改就留空",
        validators=[validate_password],
    )
    city = CityField(first=(("", "无"), (EVERY_CITY, "全部城市")), label="负责的城市")
    duties = forms.MultipleChoiceField(
        label="岗位",
        required=False,
        choices=[(code, duty.name) for code, duty in DUTIES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    is_active = forms.BooleanField(label="启用", required=False, initial=True, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "username" in self.fields:
            # The column may be empty, for who signs in by his phone: staff never do.
            self.fields["username"].required = True


@admin.register(Staff)
class StaffAdmin(OfACity, OpsAdmin):
    """员工: their accounts. Who makes them is in charge of their city, and gives no duty that he has not."""

    form = StaffForm
    list_display = ("username", "display_name", "shown_city", "shown_duties", "is_active")
    list_filter = (InCity, "is_active")
    search_fields = ("username",)
    ordering = ("username",)
    fields = ("username", "display_name", "city", "duties", "is_active", "password")
    actions_detail = ["forget_second_factor"]

    def visible_to(self, actor: User) -> QuerySet[User]:
        """Of his city."""
        return selectors.staff_visible_to(actor)

    def scope_of(self, row: User) -> str:
        """His city; who is everywhere is edited by who is everywhere."""
        return row.city if row.city not in ("", EVERY_CITY) else ANYWHERE

    def has_command_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An administrator of the system is edited by another one only."""
        may = super().has_command_permission(request, obj)
        if not may or obj is None or actor_of(request).is_superuser:
            return may
        return not self.visible_to(actor_of(request)).filter(pk=getattr(obj, "pk", obj), is_superuser=True).exists()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A password is only written: who reads does not even see what is kept of it."""
        names = super().get_fields(request, obj)
        writes = obj is None or self.has_change_permission(request, obj)
        return names if writes else [name for name in names if name != "password"]

    fixed = ("username",)
    """The name he signs in with stays."""

    @display(description="城市", ordering="city")
    def shown_city(self, row: User) -> str:
        """In whose charge he is."""
        return "全部城市" if row.is_everywhere else getattr(row, "city_name", None) or row.city or "—"

    @display(description="岗位")
    def shown_duties(self, row: User) -> str:
        """In Chinese."""
        names = [DUTIES[code].name for code in row.duties if code in DUTIES]
        return "、".join(["系统管理员", *names] if row.is_superuser else names) or "—"

    def write(self, actor: User, row: User, said: Mapping[str, Any], parts: Parts) -> User:
        """Made, or changed."""
        return services.write_staff(
            actor=actor,
            row=row if row.pk else None,
            username=row.username or said["username"],
            display_name=said["display_name"],
            city=said["city"],
            duties=said["duties"],
            is_active=said["is_active"],
            password=said["password"],
            reason=said["reason"],
        )

    @action(description="重置两步验证", url_path="second-factor", permissions=["change"])
    def forget_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """For who has lost his phone: he sets up another at his next sign-in."""

        def do(actor: User, row: User, said: Mapping[str, Any]) -> str:
            action = StaffAction.FACTOR_FORGOTTEN
            services.record_staff_action(actor=actor, action=action, target=f"user:{row.pk}", reason=said["reason"])
            forget(row)
            return "已重置：下次登录时重新设置两步验证"

        return self.ask(request, object_id, title="重置两步验证", do=do)


class ReviewForm(AskForm):
    """What was found."""

    review = forms.ChoiceField(label="结论", choices=list(User.REVIEWS.items()), widget=UnfoldAdminSelectWidget)
    field_order = ("review", "reason")


@admin.register(Customer)
class CustomerAdmin(OpsAdmin):
    """用户: who has signed in, whether staff have looked at him, what he has ordered. His number is masked."""

    editable = trail = False
    list_display = ("shown_number", "shown_phone", "shown_name", "review", "shown_orders", "created_at", "is_active")
    list_filter = ("review", "is_active", ("created_at", RangeDateFilter))
    search_fields = ("id",)
    search_help_text = "用户编号，或完整的手机号"
    whose = "pk"
    ordering = ("-id",)
    readonly_fields = list_display
    fields = readonly_fields
    actions_detail = ["decide", "orders"]

    def visible_to(self, actor: User) -> QuerySet[User]:
        """Of no city."""
        return selectors.customers_visible_to(actor).annotate(orders_count=Count("orders"))

    def has_review_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whose duty it is: of him nothing else is edited."""
        return actor_of(request).has_perm("accounts.change_customer")

    @display(description="编号", ordering="id")
    def shown_number(self, row: Customer) -> str:
        """As orders name him."""
        return str(row.pk)

    @display(description="手机号")
    def shown_phone(self, row: Customer) -> str:
        """Masked."""
        return masked(row.phone) if row.phone else "—"

    @display(description="称呼")
    def shown_name(self, row: Customer) -> str:
        """Its first character."""
        return f"{row.display_name[:1]}**" if row.display_name else "—"

    @display(description="订单数", ordering="orders_count")
    def shown_orders(self, row: Customer) -> int:
        """Of all cities."""
        return int(getattr(row, "orders_count", 0))

    @action(description="审核", url_path="review", permissions=["review"])
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Who is refused orders nothing more."""

        def do(actor: User, row: Customer, said: Mapping[str, Any]) -> str:
            services.review_customer(customer=row, review=said["review"])
            action, target = StaffAction.REVIEWED, f"user:{row.pk}:{said['review']}"
            services.record_staff_action(actor=actor, action=action, target=target, reason=said["reason"])
            return f"审核结论：{User.REVIEWS[said['review']]}"

        may = self.has_review_permission
        return self.ask(request, object_id, title="审核用户", do=do, form=ReviewForm, may=may)

    @action(description="他的订单", url_path="orders")
    def orders(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """On the orders' page."""
        return self.to(f"{reverse('admin:orders_order_changelist')}?{urlencode({'customer__id__exact': object_id})}")


class OfAction(admin.SimpleListFilter):
    """One kind of action."""

    title = "操作"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """In Chinese."""
        return StaffAction.ACTIONS.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the row."""
        return queryset.filter(action=self.value()) if self.value() else queryset


TARGETS = {"user": "用户", "topic": "主题", "exchange": "礼品兑换"}
"""What an action's target begins with."""


@admin.register(StaffAction)
class StaffActionAdmin(OpsAdmin):
    """员工操作记录: what was done to the running system, or read of it, and why."""

    editable = False
    list_display = ("at", "shown_actor", "shown_action", "shown_target", "shown_reason")
    list_filter = (OfAction, ("at", RangeDateFilter))
    fields = list_display
    search_fields = ("target",)
    ordering = ("-id",)

    def visible_to(self, actor: User) -> QuerySet[StaffAction]:
        """As the selector says."""
        return selectors.staff_actions_visible_to(actor)

    @display(description="员工", ordering="actor_id")
    def shown_actor(self, row: StaffAction) -> str:
        """By the name that he signs in with."""
        return row.actor.username or str(row.actor_id)

    @display(description="操作", ordering="action")
    def shown_action(self, row: StaffAction) -> str:
        """In Chinese."""
        return row.action_name

    @display(description="对象", ordering="target")
    def shown_target(self, row: StaffAction) -> str:
        """To what; of a review, with its end."""
        kind, _, rest = row.target.partition(":")
        number, _, review = rest.partition(":") if row.action == StaffAction.REVIEWED else (rest, "", "")
        named = f"{TARGETS.get(kind, kind)} {number}"
        return f"{named}：{User.REVIEWS.get(review, review)}" if review else named

    @display(description="原因")
    def shown_reason(self, row: StaffAction) -> str:
        """As he gave it."""
        return row.reason


@admin.register(AccessTrace)
class AccessTraceAdmin(OpsAdmin):
    """查阅记录: who has read the contact of which order, or found whom by his number."""

    editable = False
    list_display = ("at", "shown_staff", "shown_target")
    list_select_related = ("staff",)
    list_filter = (("at", RangeDateFilter),)
    search_fields = ("order_id", "user__id", "staff__username")
    search_help_text = "订单号、用户编号或员工用户名"
    readonly_fields = fields = list_display
    ordering = ("-id",)

    def visible_to(self, actor: User) -> QuerySet[AccessTrace]:
        """Of his colleagues."""
        return selectors.access_traces_visible_to(actor)

    @display(description="员工", ordering="staff_id")
    def shown_staff(self, row: AccessTrace) -> str:
        """Who has read it."""
        return row.staff.username or str(row.staff_id)

    @display(description="对象", ordering="order_id")
    def shown_target(self, row: AccessTrace) -> str:
        """Whose it is, by number."""
        return f"订单 {row.order_id}" if row.order_id else f"用户 {row.user_id}（按手机号找到）"
