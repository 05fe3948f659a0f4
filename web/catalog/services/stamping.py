"""Every process hears that the catalogue is another."""

import hub
from web.catalog import selectors
from web.catalog.models import CatalogueChange

CHANGES_PRUNED_AT_ONCE = 10_000


def stamp() -> None:
    """Every process builds its search index anew. A row more, and no row changed: writers never wait for each other."""
    CatalogueChange.objects.create()


def prune_changes() -> int:
    """Remove up to CHANGES_PRUNED_AT_ONCE of those that no stamp counts any more; how many went. No index is built."""
    last, _ = selectors.stamp()
    old = CatalogueChange.objects.filter(pk__lte=last - selectors.RECENT).order_by("pk").values_list("pk", flat=True)
    with hub.atomic():
        return CatalogueChange.objects.filter(pk__in=list(old[:CHANGES_PRUNED_AT_ONCE])).delete()[0]
