"""上架."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from web.accounts.models import User
from web.catalog import selectors, services
from web.catalog.models import (
    Shelving,
)
from web.ops.base import OpsAdmin
from web.ops.decorators import display
from web.ops.filters import InCity
from web.ops.parts import Parts


@admin.register(Shelving)
class ShelvingAdmin(OpsAdmin):
    """上架: where and when a service is sold."""

    list_display = ("service", "shown_city", "hot", "from_at", "until_at")
    list_filter = (InCity, "hot")
    search_fields = ("service__name", "service__slug")
    ordering = ("-id",)
    autocomplete_fields = ("service",)
    linked = ("service",)
    fields = ("service", "city", "hot", "from_at", "until_at")
    removable = True

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """None is every one."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "city":
            field.empty_label = "全部城市"
        return field

    def visible_to(self, actor: User) -> QuerySet[Shelving]:
        """Of his city, and of all."""
        return selectors.shelvings_visible_to(actor)

    def scope_of(self, row: Shelving) -> str:
        """The shelf's city."""
        return row.city_id or super().scope_of(row)

    @display(description="城市")
    def shown_city(self, row: Shelving) -> str:
        """None is every one."""
        return row.city.name if row.city else "全部城市"

    def write(self, actor: User, row: Shelving, said: Mapping[str, Any], parts: Parts) -> Shelving:
        """Put there, or its time changed."""
        return services.shelve(
            service=said["service"],
            city=said["city"],
            hot=said["hot"],
            from_at=said["from_at"],
            until_at=said["until_at"],
            row=row if row.pk else None,
        )

    def remove(self, actor: User, row: Shelving) -> None:
        """Taken off."""
        services.unshelve(row=row)
