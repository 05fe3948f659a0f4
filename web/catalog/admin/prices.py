"""价目."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from web.accounts.models import User
from web.catalog import selectors
from web.catalog.models import PriceItem
from web.catalog.resources import PriceResource
from web.money import yuan
from web.ops.base import OpsAdmin
from web.ops.decorators import display
from web.ops.importing import Importing
from web.ops.site import actor_of


@admin.register(PriceItem)
class PriceItemAdmin(Importing, OpsAdmin):
    """价目 of all services, to look through and to import; one is edited on its service's page."""

    editable = False
    list_display = ("name", "service", "key", "unit", "shown_price", "max_quantity", "condition")
    search_fields = ("name", "service__name", "service__slug")
    ordering = ("service__position", "service_id", "position")
    resource = PriceResource

    def visible_to(self, actor: User) -> QuerySet[PriceItem]:
        """All staff see drafts."""
        return selectors.price_items_for(actor)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """As editing catalog."""
        actor = actor_of(request)
        return actor.is_everywhere and actor.has_perm("catalog.change_priceitem")

    @display(description="价格", ordering="price_fen")
    def shown_price(self, row: PriceItem) -> str:
        """A unit."""
        return yuan(row.price_fen)
