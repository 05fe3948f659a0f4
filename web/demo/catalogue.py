"""The demo's catalogue: a file per trade in data/catalogue, with what its services have in common said once. What the
staff has edited since, a later seed leaves as it is.

flows and faqs: steps and questions by name. Durations are minutes, prices fen.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web.catalog import selectors
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Content, Option, Question, Step
from web.demo.terms import put_terms
from web.ops.trail import edited_by_staff

if TYPE_CHECKING:
    from web.catalog.models import Category, City, Service

DATA = Path(__file__).parent / "data" / "catalogue"

Entry = dict[str, Any]


def trades() -> list[Entry]:
    """What the files say, in the order of the home page."""
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json")))
    return sorted(read, key=lambda trade: int(trade["position"]))


def thesaurus() -> Entry:
    """The words that find what is sold: {synonyms, needs}."""
    read: Entry = json.loads((DATA.parent / "thesaurus.json").read_text(encoding="utf-8"))
    return read


def seed_catalogue(speed: float, *, city: "City", dispatch: Mapping[str, Any]) -> None:
    """All services, on the shelf everywhere, and the words that find them.

    speed: how many times faster than the clock a visit goes.
    dispatch: the city's terms, which those of a service replace whole.
    """
    _put_thesaurus()
    _put_skills()
    edited, known, policies = edited_by_staff("catalog.Service"), _known(), edited_by_staff("orders.Policy")
    positions = iter(range(1, 10_000))
    for trade in trades():
        categories = _put_categories(trade, positions)
        for entry in trade["services"]:
            position, service = next(positions), known.get(entry["slug"])
            if service is None or service.pk not in edited:
                service = catalog.put_service(
                    slug=entry["slug"],
                    category=categories[entry["category"]],
                    sold=content_of(entry, trade, speed),
                    position=position,
                    hot=entry.get("hot", False),
                )
            if "dispatch" in entry:
                data = {**dispatch, **entry["dispatch"]}
                put_terms(kind="dispatch", data=data, city=city.code, edited=policies, service=service)


def _known() -> dict[str, "Service"]:
    listed = selectors.services_by_slug([entry["slug"] for trade in trades() for entry in trade["services"]])
    return {service.slug: service for service in listed}


def _put_thesaurus() -> None:
    if edited_by_staff("catalog.Synonym") or edited_by_staff("catalog.Need"):
        return
    words = thesaurus()
    catalog.put_thesaurus(
        synonyms=words["synonyms"], needs=[(need["phrase"], need["words"]) for need in words["needs"]]
    )


def _put_skills() -> None:
    edited, known = edited_by_staff("catalog.Skill"), {row.code: row.pk for row in selectors.skills()}
    for code, name in json.loads((DATA.parent / "skills.json").read_text(encoding="utf-8")).items():
        if known.get(code) not in edited:
            catalog.put_skill(code=code, name=name)


def _put_categories(trade: Entry, positions: Iterator[int]) -> dict[str, "Category"]:
    """Parents stand before their children."""
    found: dict[str, Category] = {}
    edited, known = edited_by_staff("catalog.Category"), {row.slug: row for row in selectors.categories()}
    for entry in trade["categories"]:
        position = next(positions)
        if entry["slug"] in known and known[entry["slug"]].pk in edited:
            found[entry["slug"]] = known[entry["slug"]]
            continue
        found[entry["slug"]] = catalog.put_category(
            slug=entry["slug"],
            name=entry["name"],
            icon=entry["icon"],
            position=position,
            parent=found[entry["parent"]] if entry["parent"] else None,
        )
    return found


def content_of(entry: Entry, trade: Entry, speed: float) -> Content:
    """A service of a trade's file, as it is sold."""
    plain = ("name", "introduction", "skill", "price_fen", "visit_fee_fen", "staff", "photo")
    said: dict[str, Any] = {name: entry[name] for name in plain}
    said |= {name: tuple(entry[name]) for name in ("included", "excluded", "tags")}
    return Content(
        **said,
        duration_s=_seconds(entry["duration_minutes"], speed),
        questions=tuple(Question(**one) for one in trade["faqs"][entry["faq"]]),
        steps=tuple(Step(**one) for one in trade["flows"][entry["flow"]]),
        options=tuple(_option(one, speed) for one in entry["options"]),
        add_ons=tuple(AddOn(**_timed(one, speed)) for one in entry["price_list"]),
    )


def _option(entry: Entry, speed: float) -> Option:
    said = _timed(entry, speed)
    choices = tuple(Choice(**_timed(one, speed)) for one in said.pop("choices", []))
    bounds = {"least": said.pop("min", 0), "most": said.pop("max", 0)}
    return Option(choices=choices, **bounds, **said)


def _timed(entry: Entry, speed: float) -> dict[str, Any]:
    said = dict(entry)
    minutes = said.pop("extra_minutes", 0)
    return {**said, "extra_s": _seconds(minutes, speed)}


def _seconds(minutes: float, speed: float) -> int:
    return round(minutes * 60 / speed)
