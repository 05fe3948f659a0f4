"""服务项目: drafts with all that belongs to them."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from web.accounts.models import User
from web.catalog import selectors
from web.catalog import services as catalog
from web.catalog.admin.service_form import KeyedForm, PriceItemForm, ServiceForm
from web.catalog.content import AddOn, Choice, Content, Option, Question, Step
from web.catalog.models import (
    OptionChoice,
    PriceItem,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
)
from web.catalog.resources import ServiceResource
from web.marketing import selectors as marketing
from web.marketing.admin import what_if
from web.marketing.services import what_ifs
from web.money import yuan
from web.ops.asking import fault_in_words
from web.ops.base import OpsAdmin
from web.ops.decorators import action, display
from web.ops.filters import OnShelf
from web.ops.importing import Importing
from web.ops.labels import label_of
from web.ops.parts import OpsInline, OpsStacked, Parts, nested
from web.ops.site import actor_of
from web.ops.values import TOLD_IN_LINES, in_codes, in_words


class ChoiceInline(OpsInline):
    """The answers of an option."""

    model = OptionChoice
    form = KeyedForm
    fields = ("name", "price_fen", "extra_s", "staff", "key", "position")
    ordering_field = "position"
    hide_ordering_field = True


class OptionInline(OpsStacked):
    """What a customer is asked before he books."""

    model = ServiceOption
    form = KeyedForm
    fields = (
        ("name", "kind", "required"),
        ("price_fen", "extra_s", "key"),
        ("unit", "included"),
        ("least", "most"),
        "position",
    )
    inlines = [ChoiceInline]
    ordering_field = "position"
    hide_ordering_field = True


class PriceItemInline(OpsInline):
    """What may be added."""

    model = PriceItem
    form = PriceItemForm
    fields = ("name", "unit", "price_fen", "max_quantity", "extra_s", "condition", "key", "position")
    ordering_field = "position"
    hide_ordering_field = True


class StepInline(OpsInline):
    """What the worker ticks."""

    model = ServiceStep
    fields = ("name", "standard", "position")
    ordering_field = "position"
    hide_ordering_field = True


class QuestionInline(OpsInline):
    """What people ask."""

    model = ServiceQuestion
    fields = ("question", "answer", "position")
    ordering_field = "position"
    hide_ordering_field = True


UNREADABLE = "无法读取"
"""Of a version that another release has written: one of it may not close the list of all services."""

TOLD_IN_LINES[Service, "skill"] = in_codes("所需技能", selectors.skill_names)


@admin.register(Service)
class ServiceAdmin(Importing, OpsAdmin):
    """A service as it is being written, its versions, and where it is sold."""

    form = ServiceForm
    list_display = ("name", "shown_category", "shown_price", "shown_version", "shown_state", "shown_shelves")
    list_filter = (OnShelf, "category")
    search_fields = ("name", "slug")
    ordering = ("category__position", "position", "id")
    autocomplete_fields = ("category",)
    inlines = [OptionInline, PriceItemInline, StepInline, QuestionInline]
    actions_detail = ["what_if", "publish", "shelves"]
    resource = ServiceResource
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("category", "position"), "introduction", "photo")}),
        ("价格与时长", {"fields": (("price_fen", "visit_fee_fen"), ("duration_s", "staff"))}),
        ("谁能做", {"fields": ("skill", "certificates")}),
        ("说明", {"fields": (("included", "excluded"), "tags")}),
    )

    def visible_to(self, actor: User) -> QuerySet[Service]:
        """All staff see drafts."""
        return selectors.written_for(actor)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        """A list tells what is sold from what is written, of all its rows at once."""
        rows = super().get_queryset(request)
        listed = request.resolver_match and request.resolver_match.url_name == "catalog_service_changelist"
        parts = ("shelvings__city", "questions", "steps", "options__choices", "price_list")
        return rows.prefetch_related(*parts) if listed else rows

    fixed = ("slug",)
    """Seeds and imports find it by its slug."""

    @display(description="分类")
    def shown_category(self, row: Service) -> str:
        """The last part of its path."""
        return row.category.name

    @display(description="价格", ordering="price_fen")
    def shown_price(self, row: Service) -> str:
        """What people pay."""
        if row.published is None:
            return yuan(row.price_fen)
        sold = row.published.readable
        return yuan(sold.price_fen) if sold else UNREADABLE

    @display(description="版本")
    def shown_version(self, row: Service) -> str:
        """The one that is sold, and whether something else is written by now."""
        if row.published is None:
            return "—"
        sold, called = row.published.readable, f"第 {row.published.number} 版"
        if sold is None:
            return f"{called}，{UNREADABLE}"
        return f"{called}，有改动未发布" if catalog.drafted(row) != sold else called

    @display(description="状态", label={"草稿": "warning", "已发布": "success"})
    def shown_state(self, row: Service) -> str:
        """Whether it was ever published."""
        return "已发布" if row.published_id else "草稿"

    @display(description="上架")
    def shown_shelves(self, row: Service) -> str:
        """Where it stands, with 热门 marked."""
        return "、".join(
            f"{shelf.city.name if shelf.city else '全部城市'}{'（热门）' if shelf.hot else ''}"
            for shelf in row.shelvings.all()
        )

    def write(self, actor: User, row: Service, said: Mapping[str, Any], parts: Parts) -> Service:
        """The draft, with all that belongs to it."""
        own = {field.name: said[field.name] for field in fields(Content) if field.name in said}
        own |= {name: tuple(said[name]) for name in catalog.LISTS}
        sold = Content(
            **own,
            questions=tuple(_read(Question, form) for form in parts.of(ServiceQuestion)),
            steps=tuple(_read(Step, form) for form in parts.of(ServiceStep)),
            options=tuple(_option(form) for form in parts.of(ServiceOption)),
            add_ons=tuple(_read(AddOn, form, item_id=form.instance.pk or 0) for form in parts.of(PriceItem)),
        )
        return catalog.write_service(
            slug=row.slug or said["slug"], category=said["category"], sold=sold, position=said["position"] or 0
        )

    def has_try_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """What it came to is read by who reads trials."""
        return request.user.has_perm("marketing.view_whatifrun")

    @action(description="试算", url_path="what-if", permissions=["try"])
    def what_if(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What last month's orders of it would have come to, had it been sold as it is written now."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        return what_if.on_page(
            self,
            request,
            row,
            kind="service",
            title=row.name,
            ask=lambda actor: what_ifs.try_service_as_written(actor=actor, service_id=row.pk),
            current=what_ifs.trial_of_service(row).written(),
        )

    @action(description="发布", url_path="publish", permissions=["command"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What is written becomes what is sold: a new version."""

        def do(actor: User, row: Service, said: Mapping[str, Any]) -> str:
            return f"已发布第 {catalog.publish(service=row, by=actor).number} 版"

        def notes(row: Service) -> Iterable[str]:
            yield from _notes(row)
            run = marketing.newest_what_if(actor_of(request), kind="service", subject_id=row.pk)
            if row.published:
                yield from what_if.in_words(run, what_ifs.trial_of_service(row).written())

        return self.ask(request, object_id, title="发布", do=do, notes=notes, as_seen=True)

    @action(description="上架安排", url_path="shelves")
    def shelves(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Where it is sold is a page of its own."""
        return self.to(f"{reverse('admin:catalog_shelving_changelist')}?{urlencode({'service__id__exact': object_id})}")


def _notes(row: Service) -> Iterable[str]:
    """What publishing would change, and what stands in its way."""
    draft = catalog.drafted(row)
    if faults := catalog.faults_of(draft):
        yield "还不能发布：" + "；".join(fault_in_words(fault.shown()) for fault in faults)
    if row.published is None:
        yield "这是第一次发布。发布后还要上架，用户才能看到。"
        return
    before = row.published.readable
    if before is None:
        yield f"已发布的版本{UNREADABLE}，无法与它比较。发布后，现在的内容就是新的版本。"
        return
    changed = [field.name for field in fields(Content) if getattr(before, field.name) != getattr(draft, field.name)]
    if not changed:
        yield "与已发布的版本相同。"
        return
    yield "与已发布的版本相比，有改动：" + "、".join(label_of(name) for name in changed)
    for name in (name for name in changed if name in catalog.COLUMNS):
        column = cast("Field[Any, Any]", Service._meta.get_field(name))
        yield f"{label_of(name)}：{in_words(column, getattr(before, name))} → {in_words(column, getattr(draft, name))}"


def _read(kind: type[Any], form: Any, **more: Any) -> Any:
    names = {field.name for field in fields(kind)} - set(more)
    return kind(**{name: value for name, value in form.cleaned_data.items() if name in names}, **more)


def _option(form: Any) -> Option:
    choices = tuple(_read(Choice, one) for one in nested(form, OptionChoice))
    option: Option = _read(Option, form, choices=choices)
    return option
