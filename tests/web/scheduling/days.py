"""Places and hours that are easy to count with: at these speeds a kilometre takes a hundred seconds."""

from datetime import UTC, datetime, timedelta

from tests.web.people import CENTRE
from web.orders.policies import Travel
from web.scheduling.fit import Job
from web.scheduling.routing import Leg, Place, Router

TRAVEL = Travel(detour=1, speed_mps=10)
ROUTER = Router(TRAVEL)
HOME = Place(*CENTRE)
METRES_PER_DEGREE = 111_195
BUFFER_S = 600


def north(kilometres: float) -> Place:
    """So far north of the city's centre."""
    return Place(HOME.lng, HOME.lat + kilometres * 1000 / METRES_PER_DEGREE)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the day on which nothing else happens (UTC)."""
    return datetime(2031, 5, 14, hour, minute, second, tzinfo=UTC)


def job(starts_at: datetime, place: Place = HOME, *, minutes: float = 60) -> Job:
    """An hour's work with ten minutes kept free after it."""
    return Job(starts_at, starts_at + timedelta(minutes=minutes), BUFFER_S, place)


def leg(a: Place, b: Place) -> Leg:
    """At whatever hour: the speed is the same."""
    return ROUTER.leg(a, b, arriving=at(12))
