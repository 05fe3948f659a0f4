"""The demo's home page: data/home.json, laid out and published; and what is wanted in which months."""

import json
from pathlib import Path

from web.catalog.home.layouts import publish_layout, put_layout
from web.catalog.home.parts import Part
from web.catalog.home.seasons import put_season

DATA = Path(__file__).parent / "data" / "home.json"


def seed_home(city: str) -> None:
    """As the file says; twice changes nothing."""
    said = json.loads(DATA.read_text(encoding="utf-8"))
    put_layout(by=None, city=city, wanted=[Part.model_validate(part) for part in said["parts"]])
    publish_layout(by=None, city=city)
    for season in said["seasons"]:
        put_season(by=None, city=city, **season)
