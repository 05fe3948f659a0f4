"""The catalogue as tables: services with their prices, and what may be added to them.

What comes in is written as a draft; it is sold from its next publishing on.
"""

from dataclasses import replace
from functools import cached_property
from typing import Any

from web.catalog import selectors, services
from web.catalog.content import AddOn, Content
from web.catalog.models import Category, PriceItem, Service
from web.errors import refuse_faulty
from web.ops.columns import Known, Minutes, Texts, Whole, Yuan, column
from web.ops.importing import OpsResource


class ServiceResource(OpsResource):
    """A service a line, found by its 标识; a new one is made. Its options, steps and price list stay as they are."""

    slug = column("slug")
    name = column("name")
    category = column("category", Known(Category, "slug"), name="分类标识")
    introduction = column("introduction")
    skill = column("skill")
    price_fen = column("price_fen", Yuan(), name="价格（元）")
    visit_fee_fen = column("visit_fee_fen", Yuan(), name="上门费（元）")
    duration_s = column("duration_s", Minutes(), name="时长（分钟）")
    staff = column("staff", Whole())
    certificates = column("certificates", Texts())
    included = column("included", Texts())
    excluded = column("excluded", Texts())
    tags = column("tags", Texts())
    position = column("position", Whole())
    photo = column("photo")

    class Meta:
        model = Service
        import_id_fields = ("slug",)
        fields = export_order = (
            *("slug", "name", "category", "introduction", "skill", "price_fen", "visit_fee_fen", "duration_s"),
            *("staff", "certificates", "included", "excluded", "tags", "position", "photo"),
        )
        skip_unchanged = True
        report_skipped = True

    @cached_property
    def _skills(self) -> dict[str, str]:
        """Asked for once a table."""
        return selectors.skill_names()

    def check(self, row: Service) -> None:
        """The draft may be incomplete, and yet be none that could never be sold."""
        if row.skill not in self._skills:
            raise ValueError(f"没有代码为「{row.skill}」的技能")
        refuse_faulty("service_incomplete", services.faults_of(_content(row)))

    def put(self, row: Service) -> Service:
        """The draft."""
        return services.write_service(
            slug=row.slug, category=row.category, sold=_content(row), position=row.position or 0
        )


def _content(row: Service) -> Content:
    if row.pk:
        return services.drafted(row)
    said: dict[str, Any] = {name: getattr(row, name) for name in services.COLUMNS}
    return Content(**said | {name: tuple(getattr(row, name)) for name in services.LISTS})


class PriceResource(OpsResource):
    """An item of a price list a line, found by the service's 标识 and its own."""

    service = column("service", Known(Service, "slug"), name="服务标识")
    key = column("key")
    name = column("name")
    unit = column("unit")
    price_fen = column("price_fen", Yuan(), name="价格（元）")
    max_quantity = column("max_quantity", Whole())
    extra_s = column("extra_s", Minutes(), name="加时（分钟）")
    condition = column("condition")

    class Meta:
        model = PriceItem
        import_id_fields = ("service", "key")
        fields = export_order = ("service", "key", "name", "unit", "price_fen", "max_quantity", "extra_s", "condition")
        skip_unchanged = True
        report_skipped = True

    def put(self, row: PriceItem) -> PriceItem:
        """Into the service's draft, in its place or last."""
        names = ("name", "unit", "price_fen", "max_quantity", "extra_s", "condition")
        said = {name: getattr(row, name) for name in names}
        item = AddOn(key=row.key, item_id=row.pk or 0, **said)
        service = row.service
        draft = services.drafted(service)
        kept = tuple(item if one.key == item.key else one for one in draft.add_ons)
        add_ons = kept if item in kept else (*kept, item)
        services.write_service(
            slug=service.slug,
            category=service.category,
            sold=replace(draft, add_ons=add_ons),
            position=service.position,
        )
        return service.price_list.get(key=row.key)
