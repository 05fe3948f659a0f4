"""城市, 技能 and 分类."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet

from web.accounts.models import User
from web.catalog import selectors, services
from web.catalog.admin.pictures import checked_picture
from web.catalog.models import (
    Category,
    City,
    Skill,
)
from web.ops.base import OpsAdmin
from web.ops.decorators import display
from web.ops.forms import OpsForm
from web.ops.parts import Parts


@admin.register(City)
class CityAdmin(OpsAdmin):
    """Where we serve."""

    list_display = ("name", "code")
    fields = ("code", "name", "lng", "lat")

    def visible_to(self, actor: User) -> QuerySet[City]:
        """Whose city it is."""
        rows = selectors.cities()
        return rows if actor.is_everywhere else rows.filter(code=actor.city)

    fixed = ("code",)
    """Orders, prices and people name a city by its code."""

    def write(self, actor: User, row: City, said: Mapping[str, Any], parts: Parts) -> City:
        """Opened, or called otherwise."""
        return services.put_city(code=row.pk or said["code"], name=said["name"], lng=said["lng"], lat=said["lat"])


class Counted(OpsAdmin):
    """Rows with how many services are of each: `services_count`."""

    @display(description="服务数")
    def shown_services(self, row: Any) -> int:
        """Of the row itself, not of those below it."""
        return int(getattr(row, "services_count", 0))


@admin.register(Skill)
class SkillAdmin(Counted):
    """技能: what services ask of workers."""

    list_display = ("name", "code", "shown_services")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = ("code", "name")
    fixed = ("code",)
    """Services and workers name it."""

    def visible_to(self, actor: User) -> QuerySet[Skill]:
        """All staff see it."""
        rows = selectors.skills()
        return rows.annotate(services_count=selectors.services_asking()) if actor.is_staff else rows.none()

    def write(self, actor: User, row: Skill, said: Mapping[str, Any], parts: Parts) -> Skill:
        """Named."""
        return services.put_skill(code=row.code or said["code"], name=said["name"])


class CategoryForm(OpsForm):
    """A trade, or a part of one."""

    def clean_icon(self) -> str:
        """A picture that is there."""
        return checked_picture(self.cleaned_data["icon"])


@admin.register(Category)
class CategoryAdmin(Counted):
    """The tree of trades."""

    form = CategoryForm
    list_display = ("shown_path", "slug", "position", "shown_services")
    search_fields = ("name", "slug")
    ordering = ("position", "id")
    fields = ("slug", "name", "parent", "icon", "position")

    def visible_to(self, actor: User) -> QuerySet[Category]:
        """All staff see it."""
        return selectors.categories().annotate(services_count=Count("services"))

    fixed = ("slug",)
    """The client's addresses name it."""

    @display(description="分类")
    def shown_path(self, row: Category) -> str:
        """From the trade down."""
        return f"{row.parent} › {row.name}" if row.parent else row.name

    def write(self, actor: User, row: Category, said: Mapping[str, Any], parts: Parts) -> Category:
        """Made, or written anew."""
        return services.put_category(
            slug=row.slug or said["slug"],
            name=said["name"],
            icon=said["icon"],
            position=said["position"] or 0,
            parent=said["parent"],
        )
