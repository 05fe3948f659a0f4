"""The catalogue's rows."""

from web.catalog.models.catalogue import (
    CatalogueChange,
    Category,
    City,
    Need,
    OptionChoice,
    PriceItem,
    Search,
    SearchClick,
    Service,
    ServiceOption,
    ServiceQuestion,
    ServiceStep,
    ServiceVersion,
    Shelving,
    Synonym,
)
from web.catalog.models.home import HomeLayout, HomePart, HomeVersion, Season, ServiceView

__all__ = [
    "CatalogueChange",
    "Category",
    "City",
    "HomeLayout",
    "HomePart",
    "HomeVersion",
    "Need",
    "OptionChoice",
    "PriceItem",
    "Search",
    "SearchClick",
    "Season",
    "Service",
    "ServiceOption",
    "ServiceQuestion",
    "ServiceStep",
    "ServiceVersion",
    "ServiceView",
    "Shelving",
    "Synonym",
]
