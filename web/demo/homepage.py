"""The demo's home page: data/home.json, laid out and published; and what is wanted in which months."""

import json
from collections.abc import Mapping
from pathlib import Path

from web.catalog.home.layouts import publish_layout, put_layout
from web.catalog.home.parts import Campaigns, Part
from web.catalog.home.seasons import put_season
from web.ops.trail import edited_by_staff

DATA = Path(__file__).parent / "data" / "home.json"


def seed_home(city: str, *, offers: Mapping[str, list[int]]) -> None:
    """As the file says, with the city's campaigns and coupons behind its first part; twice changes nothing, nor does it
    after the staff has edited its page or its seasons.
    """
    said = json.loads(DATA.read_text(encoding="utf-8"))
    wanted = [Part.model_validate(part) for part in said["parts"]]
    wanted.insert(1, Part(title="优惠活动", body=Campaigns(campaigns=offers["campaigns"], coupons=offers["coupons"])))
    if not edited_by_staff("catalog.HomeLayout", city=city):
        put_layout(by=None, city=city, wanted=wanted)
        publish_layout(by=None, city=city)
    if not edited_by_staff("catalog.Season", city=city):
        for season in said["seasons"]:
            put_season(by=None, city=city, **season)
