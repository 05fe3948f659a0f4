"""上门费: by how far somebody comes, and at what hour."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from web.catalog.content import Content
from web.orders.pricing import PICKED, Chosen, Line, Occasion, Price, Pricing, price
from web.orders.surcharges import Hours, Surcharge
from web.orders.visit_fee import NightFee, VisitFee, WayStep
from web.times import SHANGHAI

SOLD = Content("日常保洁", "全屋", "cleaning", 9_900, 7_200, visit_fee_fen=1_000)
FEE = VisitFee(
    free_m=3_000,
    steps=(WayStep(until_m=5_000, fee_fen=500), WayStep(until_m=8_000, fee_fen=1_200)),
    km_fen=200,
    max_fen=3_000,
    night=NightFee(from_s=22 * 3_600, until_s=6 * 3_600, fee_fen=1_500),
)
NEW_YEAR = frozenset({date(2027, 2, 6), date(2027, 2, 7)})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of February 2027 in Shanghai: the 6th is New Year's Day, a Saturday."""
    return datetime(2027, 2, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def priced(fee: VisitFee = FEE, occasion: Occasion = Occasion(), *surcharges: Surcharge) -> Price:  # noqa: B008
    terms = Pricing(visit_fee=fee, surcharges=surcharges, version=9)
    return price(SOLD, Chosen(), version=3, terms=terms, occasion=occasion)


@pytest.mark.parametrize(
    ("metres", "fen"),
    [
        *((0, 0), (3_000, 0), (3_001, 500), (5_000, 500), (5_001, 1_200), (8_000, 1_200)),
        *((8_001, 1_400), (9_000, 1_400), (9_001, 1_600), (17_000, 3_000), (17_001, 3_000), (99_000, 3_000)),
    ],
)
def test_the_way_is_free_at_first_then_by_steps_then_by_the_kilometre_and_never_above_a_maximum(
    metres: int, fen: int
) -> None:
    assert FEE.way_fen(metres) == fen
    lines = [line for line in priced(FEE, Occasion(distance_m=metres)).lines if line.rule == "visit_fee:way"]
    assert [(line.amount_fen, line.rule_version) for line in lines] == ([(fen, 9)] if fen else [])


def test_its_line_says_how_far_it_is() -> None:
    said = priced(FEE, Occasion(distance_m=6_100))
    assert said.lines[-1] == Line("远途上门费（约 7 公里）", 1, 1_200, 1_200, "visit_fee:way", "", 9)


def test_without_terms_the_service_says_what_it_costs_and_no_way_adds_anything() -> None:
    said = priced(VisitFee(), Occasion(at(6, 23), NEW_YEAR, distance_m=50_000))
    assert [(line.rule, line.amount_fen, line.rule_version) for line in said.lines] == [
        ("service_price", 9_900, 3),
        ("visit_fee", 1_000, 3),
    ]
    assert not VisitFee(free_m=2_000).counts_way


def test_terms_may_say_another_base_or_none() -> None:
    dearer = priced(VisitFee(base_fen=2_500)).lines[-1]
    assert (dearer.rule, dearer.amount_fen, dearer.rule_version) == ("visit_fee", 2_500, 9)
    assert [line.rule for line in priced(VisitFee(base_fen=0)).lines] == ["service_price"]


@pytest.mark.parametrize(("hour", "adds"), [(21, False), (22, True), (23, True), (0, True), (5, True), (6, False)])
def test_coming_at_night_costs_more(hour: int, adds: bool) -> None:
    rules = [line.rule for line in priced(FEE, Occasion(at(10, hour), distance_m=1_000)).lines]
    assert ("visit_fee:night" in rules) is adds


def test_terms_by_which_the_farther_is_the_cheaper_are_refused() -> None:
    falling = ({"until_m": 5_000, "fee_fen": 900}, {"until_m": 8_000, "fee_fen": 800})
    mixed = ({"until_m": 8_000, "fee_fen": 800}, {"until_m": 5_000, "fee_fen": 900})
    for wrong in ({"steps": falling}, {"steps": mixed}, {"free_m": 5_000, "steps": falling[:1]}):
        with pytest.raises(ValidationError):
            VisitFee.model_validate(wrong)
    for wrong_fee in ({"km_fen": -1}, {"base_fen": -1}, {"max_fen": -1}, {"per_km": 1}):
        with pytest.raises(ValidationError):
            VisitFee.model_validate(wrong_fee)


@pytest.mark.parametrize(
    ("starts_at", "on_holidays", "on_others"),
    [
        (at(5, 23), False, True),
        (at(6, 9), True, False),
        (at(6, 23, 59), True, False),
        (at(7, 9), True, False),
        (at(8, 0), False, True),
        (at(8, 9), False, True),
    ],
)
def test_holidays_are_those_of_the_table(starts_at: datetime, on_holidays: bool, on_others: bool) -> None:
    assert Hours(days="holidays").applies(starts_at, NEW_YEAR) is on_holidays
    assert Hours(days="ordinary").applies(starts_at, NEW_YEAR) is on_others
    assert Hours().applies(starts_at, NEW_YEAR)


@pytest.mark.parametrize(
    ("day", "hour", "applies"), [(6, 1, False), (6, 23, True), (7, 1, True), (8, 1, True), (8, 23, False)]
)
def test_the_small_hours_belong_to_the_day_before_on_holidays_too(day: int, hour: int, applies: bool) -> None:
    night = Hours(days="holidays", from_s=22 * 3_600, until_s=6 * 3_600)
    assert night.applies(at(day, hour), NEW_YEAR) is applies


def test_a_weekend_that_is_a_holiday_can_be_charged_once() -> None:
    weekend = Surcharge(key="weekend", name="周末", weekdays=(5, 6), days="ordinary", share_bp=1_000)
    holiday = Surcharge(key="holiday", name="节假日", days="holidays", share_bp=3_000)
    lines = priced(VisitFee(), Occasion(at(6, 10), NEW_YEAR), weekend, holiday).lines
    assert [(line.rule, line.amount_fen) for line in lines[1:2]] == [("surcharge:holiday", 2_970)]
    assert len(lines) == 3
    lines = priced(VisitFee(), Occasion(at(13, 10), NEW_YEAR), weekend, holiday).lines
    assert [line.rule for line in lines[1:2]] == ["surcharge:weekend"]


fen = st.integers(0, 20_000)


@st.composite
def fees(draw: st.DrawFn) -> VisitFee:
    reaches = sorted(draw(st.sets(st.integers(1, 40_000), max_size=5)))
    costs = sorted(draw(st.lists(fen, min_size=len(reaches), max_size=len(reaches))))
    return VisitFee(
        base_fen=draw(st.none() | fen),
        free_m=draw(st.integers(0, reaches[0] - 1 if reaches else 20_000)),
        steps=tuple(WayStep(until_m=m, fee_fen=cost) for m, cost in zip(reaches, costs, strict=True)),
        km_fen=draw(st.integers(0, 1_000)),
        max_fen=draw(st.none() | fen),
        night=draw(st.none() | st.builds(NightFee, **hours, fee_fen=fen)),
    )


hours = {
    "days": st.sampled_from(["any", "holidays", "ordinary"]),
    "weekdays": st.lists(st.integers(0, 6), unique=True).map(tuple),
    "from_s": st.integers(0, 86_399),
    "until_s": st.integers(1, 86_400),
}
surcharges = st.lists(
    st.builds(
        Surcharge,
        **hours,
        key=st.from_regex(r"[a-z]{1,5}", fullmatch=True),
        name=st.just("加价"),
        share_bp=st.integers(0, 10_000),
        fee_fen=fen,
    ),
    max_size=4,
    unique_by=lambda one: one.key,
).map(tuple)
moments = st.integers(0, 365 * 86_400).map(lambda second: datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
occasions = st.builds(
    Occasion,
    starts_at=st.none() | moments,
    off_days=st.frozensets(st.dates(date(2027, 1, 1), date(2027, 12, 31))),
    distance_m=st.none() | st.integers(0, 100_000),
    picked_m=st.none() | st.integers(0, 100_000),
)


@given(fee=fees(), surcharges=surcharges, occasion=occasions)
def test_whatever_the_terms_the_lines_sum_to_a_total_that_is_never_below_the_service(
    fee: VisitFee, surcharges: tuple[Surcharge, ...], occasion: Occasion
) -> None:
    said = priced(fee, occasion, *surcharges)
    assert said.total_fen == sum(line.quantity * line.unit_price_fen for line in said.lines) >= SOLD.price_fen
    assert all(line.amount_fen == line.quantity * line.unit_price_fen >= 0 for line in said.lines)
    assert len({line.rule for line in said.lines}) == len(said.lines)
    assert all(len(line.rule) <= 40 and len(line.name) <= 100 for line in said.lines)
    assert priced(fee, occasion, *surcharges) == said
    assert priced(fee, occasion, *reversed(surcharges)).total_fen == said.total_fen


@given(fee=fees(), near=st.integers(0, 100_000), more=st.integers(0, 100_000))
def test_who_comes_from_farther_never_costs_less(fee: VisitFee, near: int, more: int) -> None:
    assert priced(fee, Occasion(distance_m=near)).total_fen <= priced(fee, Occasion(distance_m=near + more)).total_fen


@given(
    starts_at=moments,
    off_days=st.frozensets(st.dates(date(2026, 12, 31), date(2027, 12, 31))),
    from_s=st.integers(1, 86_399),
)
def test_of_two_halves_of_the_clock_a_visit_is_in_exactly_one(
    starts_at: datetime, off_days: frozenset[date], from_s: int
) -> None:
    early, late = Hours(until_s=from_s), Hours(from_s=from_s)
    assert early.applies(starts_at) is not late.applies(starts_at)
    over_midnight = Hours(from_s=from_s, until_s=from_s)
    assert over_midnight.applies(starts_at)
    here = starts_at.astimezone(SHANGHAI)
    second = here.hour * 3_600 + here.minute * 60 + here.second
    began_on = here.date() - timedelta(days=second < from_s)
    is_holiday = Hours(from_s=from_s, until_s=from_s, days="holidays").applies(starts_at, off_days)
    assert is_holiday is (began_on in off_days)


@given(fee=fees(), nearest=st.integers(0, 100_000), more=st.integers(0, 100_000))
def test_who_picks_one_from_farther_pays_what_his_own_way_costs(fee: VisitFee, nearest: int, more: int) -> None:
    picked = priced(fee, Occasion(distance_m=nearest, picked_m=nearest + more))
    assert picked.total_fen == priced(fee, Occasion(distance_m=nearest + more)).total_fen
    anybody = priced(fee, Occasion(distance_m=nearest))
    assert picked.total_fen - picked.fen_of(PICKED) == anybody.total_fen <= picked.total_fen
