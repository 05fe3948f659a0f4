"""Where a worker was seen, as far as it says where he is."""

from dataclasses import dataclass

from web.orders.services.change import Step
from web.scheduling.routing import Place, straight_line_m
from web.workforce import selectors as workers


@dataclass(frozen=True)
class Sighting:
    """How far from the order's place, metres; whether that is too far to be there; how old, seconds."""

    off_m: int
    far: bool
    age_s: int


def sighting(step: Step, *, since_phase: bool = False) -> Sighting | None:
    """The last position of the worker who commands; None for none, or one that is too old to say where he is.

    since_phase: nor one from before the order's phase began.
    """
    order, visit = step.order, step.policies.visit
    seen = workers.last_position(step.command.actor_id)
    age_s = (step.now - seen.at).total_seconds() if seen else 0.0
    if seen is None or age_s > visit.position_fresh_s or (since_phase and seen.received_at < order.phase_since):
        return None
    off_m = round(straight_line_m(Place(seen.lng, seen.lat), Place(order.lng, order.lat)))
    return Sighting(off_m, off_m > visit.arrive_radius_m, round(age_s))
