"""The calendar says what a look at every minute says (tests/web/scheduling/oracle.py shares no code with it)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.web.scheduling import oracle
from tests.web.scheduling.oracle import DAY, Case, Visit
from web.orders.policies import Travel
from web.scheduling.calendar import SECOND, Kept, Wish, free_ranges, has_room, instant
from web.scheduling.roster import work_of
from web.scheduling.routing import Place, Router, Said, cell_of
from web.times import midnight
from web.workforce.plan import Base, Caps, DayOff, Interval, Plan, Window
from web.workforce.week import Span

CASES = 5_000
MONDAY = date(2031, 5, 12)
PLACES = [Place(120.10 + 0.05 * number, 30.20) for number in range(5)]
MINUTE = 60 * SECOND
TODAY = 8
"""The second Tuesday: its week has days on both sides, and Monday's night reaches into it."""

quarters = st.integers(0, 96).map(lambda quarter: 15 * quarter)


def spans(most: int) -> st.SearchStrategy[list[oracle.Span]]:
    """Spans of a day that are apart; some touch, some reach midnight."""
    cuts = st.lists(quarters, unique=True, max_size=2 * most).map(sorted)
    apart = cuts.map(lambda at: [(at[n], at[n + 1]) for n in range(0, len(at) - 1, 2)])
    touching = cuts.map(lambda at: [(at[n], at[n + 1]) for n in range(len(at) - 1)])
    return st.one_of(apart, touching, st.just([(0, DAY)]), st.just([(480, 1080)]))


@st.composite
def visits(draw: st.DrawFn) -> list[Visit]:
    """What he has already: days before and after it too, and never two at once."""
    kept: list[Visit] = []
    for _ in range(draw(st.integers(0, 6))):
        starts = draw(st.integers((TODAY - 2) * 144, (TODAY + 2) * 144)) * 10
        one = Visit(
            starts, starts + draw(st.integers(1, 30)) * 10, draw(st.integers(0, 3)) * 10, draw(st.integers(0, 4))
        )
        if all(one.ends + one.buffer <= other.starts or other.ends + other.buffer <= one.starts for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda visit: visit.starts)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    near = range(TODAY - 1, TODAY + 2)
    ways = draw(st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=5, max_size=5))
    some = st.booleans()
    return Case(
        day=TODAY,
        step=draw(st.sampled_from([15, 30, 60, 120])),
        lasts=draw(st.integers(1, 30)) * 10,
        buffer=draw(st.integers(0, 3)) * 10,
        place=draw(st.integers(0, 4)),
        max_way=draw(st.sampled_from([30, 60, 90])),
        # Where he is already there is no way: no vendor is asked about one cell.
        ways=[[0 if a == b else 10 * ways[a][b] for b in range(5)] for a in range(5)],
        week={weekday: draw(spans(2)) for weekday in range(3)},
        breaks={weekday: draw(spans(1)) for weekday in range(3)} if draw(some) else {},
        overrides={day: draw(spans(2)) for day in near if draw(some)} if draw(some) else {},
        leaves=draw(st.lists(_leave, max_size=2)) if draw(some) else [],
        holidays={day: draw(st.sampled_from([None, 0, 1, 6])) for day in near if draw(some)} if draw(some) else {},
        visits=draw(visits()),
        home=draw(st.integers(0, 4)),
        homes={1: draw(st.integers(0, 4))} if draw(some) else {},
        max_day=draw(st.sampled_from([None, None, 1, 2])),
        max_week=draw(st.sampled_from([None, None, 2, 4])),
    )


_leave = st.tuples(st.integers((TODAY - 1) * 96, (TODAY + 2) * 96), st.integers(1, 200)).map(
    lambda drawn: (15 * drawn[0], 15 * (drawn[0] + drawn[1]))
)


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_calendar_is_what_a_look_at_every_minute_says(case: Case) -> None:
    expected = oracle.calendar(case)
    event("some" if expected else "none")
    assert offered(case) == expected


def offered(case: Case) -> list[int]:
    """The product's answer, in the oracle's minutes."""
    minutes = list(range(case.day * DAY, (case.day + 1) * DAY, case.step))
    starts = [instant(moment(minute)) for minute in minutes]
    jobs = [
        Kept(instant(moment(one.starts)), instant(moment(one.ends + one.buffer)), PLACES[one.place])
        for one in case.visits
    ]
    plan, today = plan_of(case), day_of(case.day)
    tomorrow = today + timedelta(days=1)
    work = work_of(plan, today, tomorrow)
    # A ranking's `covers` has it from there.
    assert work == [(instant(begins), instant(ends)) for begins, ends in plan.work_between(today, tomorrow)]
    wish = Wish(today, MINUTE * case.lasts, MINUTE * case.buffer, PLACES[case.place], 60 * case.max_way, starts)
    if not has_room(wish, caps=plan.caps, jobs=jobs):
        return []
    ranges = free_ranges(
        wish,
        work=work,
        jobs=jobs,
        home=Place(*plan.home_on(today)),
        router=router_of(case),
    )
    return [minute for first, last in ranges for minute in minutes[first:last]]


def plan_of(case: Case) -> Plan:
    return Plan(
        week=_weekly(case.week),
        breaks=_weekly(case.breaks),
        overrides={day_of(day): [Window(*_seconds(span)) for span in spans] for day, spans in case.overrides.items()},
        leaves=[Interval(moment(begins), moment(ends)) for begins, ends in case.leaves],
        holidays={day_of(day): DayOff(weekday) for day, weekday in case.holidays.items()},
        caps=Caps(case.max_day, case.max_week),
        home=Base(*PLACES[case.home]),
        homes={weekday: Base(*PLACES[place]) for weekday, place in case.homes.items()},
    )


def router_of(case: Case) -> Router:
    """One that a vendor has told exactly these ways."""
    known = {
        (cell_of(PLACES[a]), cell_of(PLACES[b])): {9: Said(1000, 60 * way, "oracle")}
        for a, row in enumerate(case.ways)
        for b, way in enumerate(row)
        if a != b
    }
    return Router(Travel(), known)


def moment(minute: int) -> datetime:
    return midnight(MONDAY).astimezone(UTC) + timedelta(minutes=minute)


def day_of(number: int) -> date:
    return MONDAY + timedelta(days=number)


def _weekly(spans: dict[int, list[oracle.Span]]) -> list[Span]:
    return [Span(weekday, *_seconds(span)) for weekday, all_of_it in spans.items() for span in all_of_it]


def _seconds(span: oracle.Span) -> oracle.Span:
    return 60 * span[0], 60 * span[1]
