"""A city with very many services: rows written in bulk, as publishing one after the other would leave them."""

import random
from collections.abc import Sequence

from django.db import transaction

from tests.bench.search_engine import catalogue as invented
from tests.world import seeds
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Content, Option, written
from web.catalog.models import City, Service, ServiceVersion, Shelving
from web.catalog.search import Document
from web.demo.catalogue import seed_catalogue
from web.demo.terms import shortened_terms

BATCH = 1_000
"""Rows of a statement: the history of the table is written with them, and a statement has three seconds."""


def build(size: int) -> list[str]:
    """The demo's catalogue and as many more services as make `size`; what the invented ones are called."""
    seeds.make_city()
    seed_catalogue(1, city=City.objects.get(), dispatch=shortened_terms(1)["dispatch"])
    seeds.make_worker(skills=sorted({*Service.objects.values_list("skill", flat=True), "invented"}))
    documents = invented(max(size - Service.objects.count(), 0), random.Random(7))
    _write(documents)
    catalog.put_category(slug="invented", name="其他")
    return [document.name for document in documents]


def _write(documents: Sequence[Document]) -> None:
    category = catalog.put_category(slug="invented", name="其他", position=30_000)
    contents = [_content(document) for document in documents]
    plain = ("name", "introduction", "skill", "price_fen", "duration_s")
    with transaction.atomic():
        rows = Service.objects.bulk_create(
            [
                Service(slug=f"invented-{place}", category=category, **{name: getattr(one, name) for name in plain})
                for place, one in enumerate(contents)
            ],
            batch_size=BATCH,
        )
        versions = ServiceVersion.objects.bulk_create(
            [
                ServiceVersion(service=row, number=1, content=written(one))
                for row, one in zip(rows, contents, strict=True)
            ],
            batch_size=BATCH,
        )
        for row, version in zip(rows, versions, strict=True):
            row.published = version
        Service.objects.bulk_update(rows, ["published"], batch_size=BATCH)
        Shelving.objects.bulk_create([Shelving(service=row) for row in rows], batch_size=BATCH)


def _content(document: Document) -> Content:
    choices = tuple(Choice(f"c{place}", name, 1_000 * place) for place, name in enumerate(document.options))
    add_ons = tuple(
        AddOn(f"a{place}", name, "次", 2_000, 2, item_id=place + 1) for place, name in enumerate(document.add_ons)
    )
    return Content(
        name=document.name[:40],
        introduction=document.introduction,
        skill="invented",
        price_fen=9_900,
        duration_s=3_600,
        tags=document.tags,
        options=(Option("kind", "规格", choices=choices),),
        add_ons=add_ons,
    )
