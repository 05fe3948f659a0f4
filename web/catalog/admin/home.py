"""首页: what a city's people see first, part by part; a preview of the draft; and 当季."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
)

import hub
from web.accounts.models import StaffAction, User
from web.accounts.services import record_staff_action
from web.catalog import selectors as catalog
from web.catalog.admin.home_parts import HomePartInline
from web.catalog.home import faults, layouts, previewing, seasons, selectors
from web.catalog.models import HomeLayout, HomePart, Season
from web.errors import DoorbellError
from web.ops.asking import told
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.fields import CityField
from web.ops.forms import AskForm, OpsForm
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.photos.pictures import upload_picture


class LayoutForm(OpsForm):
    """Whose page."""

    city = CityField(first=(("", "全部城市（没有自己首页的）"),))


class PreviewForm(forms.Form):
    """When, and as whom."""

    at = forms.DateTimeField(label="时间", required=False)
    newcomer = forms.BooleanField(label="新客", required=False)
    city = forms.CharField(label="城市", required=False)


class PictureForm(AskForm):
    """A picture for a banner, a service or a category."""

    file = forms.FileField(label="图片", widget=UnfoldAdminFileFieldWidget)
    field_order = ("file", "reason")


@admin.register(HomeLayout)
class HomeLayoutAdmin(OfACity, OpsAdmin):
    """首页: a draft of parts, and what is published of it."""

    form = LayoutForm
    list_display = ("shown_city", "shown_version", "shown_parts")
    ordering = ("city",)
    fields = ("city",)
    fixed = ("city",)
    inlines = [HomePartInline]
    actions_detail = ["preview", "publish", "withdraw", "picture"]

    def visible_to(self, actor: User) -> QuerySet[HomeLayout]:
        """Of his city; that of all cities is for staff of every city."""
        return selectors.visible_to(actor).select_related("published").prefetch_related("parts")

    def called(self, row: HomeLayout) -> str:
        """By its city."""
        return self.shown_city(row)

    @display(description="已发布")
    def shown_version(self, row: HomeLayout) -> str:
        """Which version people see."""
        return f"第 {row.published.number} 版" if row.published else "—"

    @display(description="组件")
    def shown_parts(self, row: HomeLayout) -> str:
        """Of the draft, in their order."""
        return "、".join(part.get_kind_display() for part in row.parts.all())

    def write(self, actor: User, row: HomeLayout, said: Mapping[str, Any], parts: Parts) -> HomeLayout:
        """The draft is these parts."""
        wanted = [form.cleaned_data["part"] for form in parts.of(HomePart)]
        return layouts.put_layout(by=actor, city=row.city if row.pk else said["city"], wanted=wanted)

    @action(description="预览", url_path="preview")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The draft as somebody would see it, at any time."""
        row = self.get_object(request, object_id)
        if row is None:
            raise PermissionDenied
        # The page of all cities is seen in one of them.
        cities = {city.code: city.name for city in catalog.cities() if row.city in ("", city.code)}
        asked = PreviewForm(request.GET or None)
        said = asked.cleaned_data if asked.is_valid() else {}
        if asked.is_bound and not said:
            self.message_user(request, "时间没有看懂，按现在预览", level=messages.WARNING)
        at, newcomer = said.get("at") or timezone.now(), said.get("newcomer", True)
        city = said.get("city") if said.get("city") in cities else next(iter(cities), "")
        if not city:
            self.message_user(request, "还没有城市，无法预览", level=messages.WARNING)
            return self.to("../change/")
        page = previewing.preview(actor=actor_of(request), city=city, at=at, newcomer=newcomer, own=bool(row.city))
        context = self.context_of(request, row, f"预览：{self.shown_city(row)}") | {
            "page": page.model_dump(mode="json"),
            "at": timezone.localtime(at),
            "newcomer": newcomer,
            "city": city,
            "cities": cities,
        }
        return TemplateResponse(request, "ops/home_preview.html", context)

    @action(description="发布", url_path="publish", permissions=["command"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """People see it from now on."""

        def do(actor: User, row: HomeLayout, said: Mapping[str, Any]) -> str:
            version = layouts.publish_layout(by=actor, city=row.city, revision=row.revision)
            return f"已发布第 {version.number} 版"

        def notes(row: HomeLayout) -> Iterable[str]:
            for fault in faults.faults_of(selectors.drafted(row), city=row.city, at=timezone.now()):
                yield f"{'不能发布' if fault.blocks else '请留意'}：{fault.message} {fault.about}"

        return self.ask(request, object_id, title="发布首页", do=do, notes=notes, as_seen=True)

    @action(description="撤下", url_path="withdraw", permissions=["command"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """People see that of all cities again."""

        def do(actor: User, row: HomeLayout, said: Mapping[str, Any]) -> str:
            layouts.withdraw_layout(by=actor, city=row.city)
            return "已撤下：用户看到全部城市的首页"

        return self.ask(request, object_id, title="撤下首页", do=do)

    @action(description="上传图片", url_path="picture", permissions=["command"])
    def picture(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Kept in three sizes; the page tells what to write where it is to be shown."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_command_permission(request, row):
            raise PermissionDenied
        asked = PictureForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and asked.is_valid():
            try:
                picture = self._upload(actor_of(request), asked.cleaned_data)
            except DoorbellError as refusal:
                asked.add_error("file", told(refusal))
            else:
                self.message_user(request, f"图片已上传，在内容里写：{picture}", level=messages.SUCCESS)
                return self.to("../change/")
        own = {"form": asked, "multipart": True}
        return TemplateResponse(request, "ops/ask.html", self.context_of(request, row, "上传图片") | own)

    def _upload(self, actor: User, said: Mapping[str, Any]) -> str:
        with hub.atomic():
            picture = upload_picture(by=actor, data=said["file"].read())
            action = StaffAction.PICTURE_UPLOADED
            record_staff_action(actor=actor, action=action, target=str(picture), reason=said["reason"])
        return str(picture)


class SeasonForm(OpsForm):
    """Words and twelve months."""

    city = CityField()

    def clean_months(self) -> list[float]:
        """Twelve numbers from 0 to 1, January's first."""
        try:
            return [float(one) for one in self.cleaned_data["months"]]
        except ValueError:
            raise ValidationError("每行一个 0 到 1 的数，从一月到十二月") from None


@admin.register(Season)
class SeasonAdmin(OfACity, OpsAdmin):
    """当季."""

    form = SeasonForm
    list_display = ("name", "shown_city", "shown_words")
    ordering = ("city", "name")
    fields = ("city", "name", "words", "months")
    fixed = ("city", "name")
    removable = True

    def visible_to(self, actor: User) -> QuerySet[Season]:
        """Of his city, and of all."""
        return selectors.seasons_visible_to(actor)

    @display(description="词语")
    def shown_words(self, row: Season) -> str:
        """All of them."""
        return "、".join(row.words)

    def write(self, actor: User, row: Season, said: Mapping[str, Any], parts: Parts) -> Season:
        """In force with the next look at the shelf."""
        return seasons.put_season(
            by=actor, city=said["city"], name=said["name"], words=said["words"], months=said["months"]
        )

    def remove(self, actor: User, row: Season) -> None:
        """Forgotten."""
        seasons.remove_season(by=actor, city=row.city, name=row.name)
