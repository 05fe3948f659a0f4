"""The demo's terms: the defaults with every duration divided by the demo's speed, and faster travel.

The product knows no speed: it only reads shorter durations from its policy rows.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from web.orders.policies import KINDS, Policies
from web.orders.services.terms import put_policy
from web.orders.terms_in_force import newest_of

if TYPE_CHECKING:
    from web.catalog.models import Service

DIGITS = 3  # a millisecond

HOUR_S = 3_600

PRICING: dict[str, Any] = {
    "surcharges": [
        {"key": "holiday", "name": "法定节假日加价", "days": "holidays", "share_bp": 2_000},
        {
            "key": "weekend",
            "name": "周末高峰加价",
            "days": "ordinary",
            "weekdays": [5, 6],
            "from_s": 9 * HOUR_S,
            "until_s": 12 * HOUR_S,
            "share_bp": 500,
        },
    ],
    "visit_fee": {
        "free_m": 3_000,
        "steps": [
            {"until_m": 5_000, "fee_fen": 500},
            {"until_m": 8_000, "fee_fen": 1_000},
            {"until_m": 12_000, "fee_fen": 1_800},
        ],
        "km_fen": 200,
        "max_fen": 4_000,
        "night": {"from_s": 22 * HOUR_S, "until_s": 6 * HOUR_S, "fee_fen": 3_000},
    },
}
"""What Hangzhou asks for on top: by the clock of the day, so the demo's speed leaves it alone."""


def put_terms(
    *, kind: str, data: dict[str, Any], city: str, edited: Collection[int], service: "Service | None" = None
) -> None:
    """As `put_policy`, unless the newest terms of that kind and scope are the staff's. edited: the rows that are."""
    newest = newest_of(kind=kind, city=city, service_id=service.pk if service else None)
    if newest is None or newest.pk not in edited:
        put_policy(kind=kind, data=data, city=city, service=service)


def shortened_terms(speed: float) -> dict[str, dict[str, Any]]:
    """Kind -> overrides of its defaults (seconds), for `put_policy`. A kind without durations is left out."""
    defaults = Policies().model_dump(mode="json")
    shortened = {kind: _shortened(defaults[kind], speed) for kind in KINDS}
    shortened["travel"]["speed_mps"] = round(defaults["travel"]["speed_mps"] * speed, DIGITS)
    # A table is overridden whole, and one that leaves a phase out is refused.
    fees = defaults["cancellation"]["by_phase"]
    shortened["cancellation"]["by_phase"] = {phase: fee | _shortened(fee, speed) for phase, fee in fees.items()}
    return {kind: data for kind, data in shortened.items() if data}


def _shortened(terms: dict[str, Any], speed: float) -> dict[str, Any]:
    durations = {name: value for name, value in terms.items() if name.endswith("_s") and value is not None}
    return {name: round(value / speed, DIGITS) for name, value in durations.items()}
