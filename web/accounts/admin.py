"""People: the staff with their duties and cities, and the customers with their review."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from web.accounts import selectors, services
from web.accounts.duties import DUTIES
from web.accounts.models import EVERY_CITY, User
from web.catalog import selectors as catalog
from web.ops.base import ANYWHERE, OpsAdmin, OpsForm, Parts
from web.ops.filters import InCity


class StaffForm(OpsForm):
    """A colleague: what he may do, and where."""

    password = forms.CharField(
        label="新密码", required=False, min_length=10, widget=UnfoldAdminPasswordWidget, help_text="至少 10 位；不修改就留空"
    )
    city = forms.ChoiceField(label="负责的城市", required=False, widget=UnfoldAdminSelectWidget)
    duties = forms.MultipleChoiceField(
        label="岗位",
        required=False,
        choices=[(code, duty.name) for code, duty in DUTIES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    is_active = forms.BooleanField(label="启用", required=False, initial=True, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "city" in self.fields:
            cities = [("", "无"), (EVERY_CITY, "全部城市"), *((city.code, city.name) for city in catalog.cities())]
            self.fields["city"].choices = cities  # type: ignore[attr-defined]


@admin.register(User)
class StaffAdmin(OpsAdmin):
    """员工: their accounts. Who makes them is in charge of their city, and gives no duty that he has not."""

    form = StaffForm
    list_display = ("username", "display_name", "shown_city", "shown_duties", "is_active")
    list_filter = (InCity, "is_active")
    search_fields = ("username",)
    ordering = ("username",)
    fields = ("username", "display_name", "city", "duties", "is_active", "password", "reason")
    actions_detail = ["forget_second_factor"]

    def visible_to(self, actor: User) -> QuerySet[User]:
        """Of his city."""
        return selectors.staff_visible_to(actor)

    def scope_of(self, row: User) -> str:
        """His city; who is everywhere is edited by who is everywhere."""
        return row.city if row.city not in ("", EVERY_CITY) else ANYWHERE

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An administrator of the system is edited by another one only."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or bool(getattr(request.user, "is_superuser", False)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name he signs in with stays."""
        return ("username",) if obj else ()

    @display(description="城市", ordering="city")
    def shown_city(self, row: User) -> str:
        """In whose charge he is."""
        return "全部城市" if row.is_everywhere else row.city or "—"

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
        )

    @action(description="重置两步验证", url_path="second-factor", permissions=["change"])
    def forget_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """For who has lost his phone: he sets up another at his next sign-in."""
        from web.ops.signing_in import forget_second_factor

        def do(actor: User, row: User, said: Mapping[str, Any]) -> str:
            forget_second_factor(row)
            return "已重置：下次登录时重新设置两步验证"

        return self.ask(request, object_id, title="重置两步验证", do=do)
