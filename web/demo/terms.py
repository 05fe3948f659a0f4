"""The demo's terms: the defaults with every duration divided by the demo's speed, and faster travel.

The product knows no speed: it only reads shorter durations from its policy rows.
"""

from typing import Any

from web.orders.policies import KINDS, Policies

DIGITS = 3  # a millisecond


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
