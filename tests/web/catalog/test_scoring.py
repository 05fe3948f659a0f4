"""What is recommended, and why: properties that hold for any catalogue and any person, and the reasons one by one."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.catalog.home.scoring import (
    ENOUGH,
    POPULAR,
    REASONS,
    SEASON,
    Candidate,
    Day,
    Recommendation,
    Seasonal,
    Standing,
    Weights,
    _reasons,
    heat,
    recommend,
    season_of,
)
from web.catalog.home.taste import NOBODY, Person, Seen, Taste

AGES = st.floats(0, 365)
DAYS = st.builds(Day, AGES, st.integers(0, 500), st.integers(0, 5_000))
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        service_id=st.integers(1, 60),
        category=st.sampled_from(["ac", "glass", "sofa", "tap"]),
        name=st.sampled_from(["空调清洗", "擦玻璃", "沙发清洗", "水龙头维修"]),
        category_name=st.sampled_from(["空调", "玻璃"]),
        words=st.frozensets(st.sampled_from(["制冷", "换季", "漏水"])),
        position=st.integers(0, 5),
        days=st.lists(DAYS, max_size=4),
    ),
    max_size=30,
    unique_by=lambda one: one.service_id,
)
SEEN = st.lists(st.builds(Seen, st.integers(1, 60), AGES), max_size=12)
PEOPLE = st.builds(
    Person,
    SEEN,
    SEEN,
    st.dictionaries(st.integers(1, 60), st.tuples(st.floats(0, 1), st.just("空调清洗")), max_size=5),
)
SEASONS = st.lists(
    st.builds(
        Seasonal,
        st.sampled_from(["换季", "入夏"]),
        st.frozensets(st.sampled_from(["制冷", "换季", "玻璃"]), min_size=1),
        st.lists(st.floats(0, 1), min_size=12, max_size=12),
    ),
    max_size=3,
)
WEIGHTS = st.builds(Weights, half_life_days=st.floats(0.5, 300), per_category=st.integers(1, 5))

SUMMER = Seasonal("入夏", frozenset({"制冷"}), [0, 0, 0, 0, 0.5, 1, 1, 1, 0, 0, 0, 0])
AC = Candidate(1, "ac", "空调清洗", "空调", frozenset({"制冷"}))
GLASS = Candidate(2, "glass", "擦玻璃", "玻璃")
SOFA = Candidate(3, "sofa", "沙发清洗", "布艺")
SHOP = [AC, GLASS, SOFA]


def why(person: Person = NOBODY, *, month: int = 1, shop: list[Candidate] = SHOP) -> dict[int, list[str]]:
    found = recommend(shop, person=person, seasons=[SUMMER], month=month, weights=Weights(), limit=10)
    return {one.service_id: [reason.code for reason in one.reasons] for one in found}


@given(CANDIDATES, PEOPLE, SEASONS, st.integers(1, 12), WEIGHTS, st.integers(1, 40))
def test_each_is_recommended_once_with_a_reason_and_not_too_many_of_a_kind(
    candidates: list[Candidate],
    person: Person,
    seasons: list[Seasonal],
    month: int,
    weights: Weights,
    limit: int,
) -> None:
    def ask(order: list[Candidate]) -> list[object]:
        return list(recommend(order, person=person, seasons=seasons, month=month, weights=weights, limit=limit))

    found = recommend(candidates, person=person, seasons=seasons, month=month, weights=weights, limit=limit)
    ids = [one.service_id for one in found]
    known = {one.service_id: one for one in candidates}
    assert len(ids) == len(set(ids)) <= limit
    assert set(ids) <= known.keys()
    assert all(one.reasons and {reason.code for reason in one.reasons} <= REASONS.keys() for one in found)
    assert all(reason.text and "{" not in reason.text for one in found for reason in one.reasons)
    assert max(Counter(known[pk].category for pk in ids).values(), default=0) <= weights.per_category
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert ask(candidates) == ask(candidates[::-1]), "ties are broken by the catalogue's order alone"


def plainly(
    candidates: list[Candidate], person: Person, seasons: list[Seasonal], month: int, weights: Weights, limit: int
) -> list[Recommendation]:
    """As it is said: every service scored for this person, and the best taken one by one."""
    known = {one.service_id: one for one in candidates}
    hottest = max(ENOUGH, *(heat(one.days, weights) for one in candidates), 0.0)
    taste, scored = Taste.of(person, known, weights), []
    for one in candidates:
        in_season, label = season_of(one, seasons, month)
        own = taste.terms_of(one)
        popular, season = weights.popular * heat(one.days, weights) / hottest, weights.season * in_season
        score = round(sum(worth for worth, _ in own.values()) + (popular + season), 6)
        if not taste.rests(one.service_id):
            scored.append((score, one, own | {POPULAR: (popular, ""), SEASON: (season, label)}))
    scored.sort(key=lambda found: (-found[0], found[1].position, found[1].service_id))
    best: list[Recommendation] = []
    for score, one, terms in scored:
        alike = [found for found in best if known[found.service_id].category == one.category]
        if len(best) < limit and len(alike) < weights.per_category:
            best.append(Recommendation(one.service_id, score, _reasons(terms)))
    return best


@given(CANDIDATES, PEOPLE, SEASONS, st.integers(1, 12), WEIGHTS, st.integers(1, 40))
def test_what_is_worked_out_once_for_all_is_what_is_worked_out_for_each(
    candidates: list[Candidate],
    person: Person,
    seasons: list[Seasonal],
    month: int,
    weights: Weights,
    limit: int,
) -> None:
    standing = Standing(candidates, seasons=seasons, month=month, weights=weights)
    for one in (person, NOBODY):
        assert standing.best_for(one, limit=limit) == plainly(candidates, one, seasons, month, weights, limit)


@given(st.lists(DAYS, min_size=1, max_size=6), st.floats(0, 200), WEIGHTS)
def test_what_is_longer_ago_counts_less(days: list[Day], longer: float, weights: Weights) -> None:
    older = [day._replace(age=day.age + longer) for day in days]
    assert 0 <= heat(older, weights) <= heat(days, weights)


@given(st.lists(DAYS, max_size=6), DAYS, WEIGHTS)
def test_another_order_never_makes_it_less_popular(days: list[Day], more: Day, weights: Weights) -> None:
    assert heat([*days, more], weights) >= heat(days, weights)


def test_an_order_of_a_half_life_ago_counts_half() -> None:
    weights = Weights(half_life_days=10)
    assert heat([Day(10, 4, 0)], weights) == pytest.approx(heat([Day(0, 2, 0)], weights))
    assert heat([Day(0, 0, 20)], weights) == pytest.approx(20 * weights.view_counts)


def test_without_any_history_the_popular_comes_first_and_the_rest_in_the_operators_order() -> None:
    shop = [AC, GLASS, replace(SOFA, days=[Day(1, 5, 0)])]
    assert list(why(shop=shop)) == [3, 1, 2]
    assert why(shop=shop) == {3: ["popular"], 1: ["listed"], 2: ["listed"]}


def test_in_its_season_it_is_wanted_and_out_of_it_not() -> None:
    assert why(month=7)[1] == ["season"]
    assert why(month=1)[1] == ["listed"]
    assert season_of(AC, [SUMMER], 5) == (0.5, "入夏")
    assert season_of(GLASS, [SUMMER], 7) == (0.0, "")


def test_a_season_names_services_by_what_stands_in_their_names_too() -> None:
    assert season_of(GLASS, [Seasonal("年前", frozenset({"玻璃"}), [1] * 12)], 1) == (1, "年前")


def test_who_looked_at_something_sees_its_kind_and_reads_why() -> None:
    other = replace(GLASS, service_id=4, name="外窗清洗")
    (first, *_) = recommend([*SHOP, other], person=Person(views=[Seen(2, 0.1)]), month=1, weights=Weights(), limit=2)
    assert first.service_id == 2
    assert first.reasons[0].text == "因为您看过“擦玻璃”"
    assert why(Person(views=[Seen(2, 0.1)]), shop=[*SHOP, other])[4] == ["viewed"]


def test_what_was_bought_yesterday_is_not_offered_and_its_kind_is() -> None:
    other = replace(GLASS, service_id=4, name="外窗清洗")
    found = why(Person(orders=[Seen(2, 1)]), shop=[*SHOP, other])
    assert 2 not in found
    assert found[4] == ["category"]
    assert 2 in why(Person(orders=[Seen(2, 15)])), "after some weeks it is like any other"


@pytest.mark.parametrize(("ages", "shown"), [([8, 15, 22], True), ([5, 12, 19], True), ([2, 9, 16], False)])
def test_what_repeats_comes_back_when_it_is_due(ages: list[int], shown: bool) -> None:
    found = why(Person(orders=[Seen(2, age) for age in ages]))
    assert (2 in found) is shown
    if shown:
        assert found[2][0] == "again"


def test_two_orders_on_one_day_are_no_habit() -> None:
    assert 2 not in why(Person(orders=[Seen(2, 3), Seen(2, 3)]))


def test_what_others_booked_with_it_is_offered() -> None:
    assert why(Person(orders=[Seen(1, 2)], together={3: (0.4, "空调清洗")}))[3] == ["together"]


def test_views_of_what_is_not_here_say_nothing() -> None:
    assert why(Person(views=[Seen(99, 0)], orders=[Seen(98, 0)])) == why()
