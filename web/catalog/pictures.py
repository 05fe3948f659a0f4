"""Which pictures the catalogue shows: what `web.photos` may not prune."""

from web.catalog.models import Category, HomePart, HomeVersion, Service, ServiceVersion


def shows_picture(value: str) -> bool:
    """Whether anything here does: a draft, a category, or a version that somebody may still have bought or go back to.

    value: as rows have it.
    """
    slides = [{"picture": value}]
    users = (
        Service.objects.filter(photo=value),
        Category.objects.filter(icon=value),
        HomePart.objects.filter(terms__slides__contains=slides),
        ServiceVersion.objects.filter(content__photo=value),
        HomeVersion.objects.filter(parts__contains=[{"body": {"slides": slides}}]),
    )
    return any(rows.exists() for rows in users)
