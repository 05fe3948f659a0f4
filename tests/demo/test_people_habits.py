"""What the demo's people do now and then: by the data, alike for the same seed, and each thing once."""

import json
from collections import Counter
from typing import Any, get_args

import pytest

from tests.demo.scripted_platform import Answer, Asked, ScriptedPlatform, scripted_platform
from web.demo.people.api import Api
from web.demo.people.dispatcher import Dispatcher
from web.demo.people.habits import Habits
from web.demo.people.incidents import NEVER, Incidents
from web.demo.people.pace import Pace
from web.demo.people.parts import DATA
from web.demo.people.person import PhonePerson
from web.demo.people.wishes import Wishes
from web.orders.api.endings import HandBack
from web.orders.exception_schemas import ExceptionDecision
from web.orders.policies import Policies
from workflows.transitions import EXCEPTION_TYPES, Phase

HAPPENINGS: dict[str, Any] = json.loads((DATA / "happenings.json").read_text(encoding="utf-8"))
ALWAYS = {side: dict.fromkeys(HAPPENINGS[side], 1.0) for side in ("worker", "customer", "dispatcher")}
DONE = {"command": 7, "status": "done", "state": "EXCEPTION", "version": 9}
NOW = "2020-01-01T00:00:00Z"


def habits(side: str, *, who: str = "19905710001", seed: int = 1, **shares: float) -> Habits:
    data = HAPPENINGS | {side: {**HAPPENINGS[side], **shares}}
    return Habits(data, side=side, who=who, seed=seed)


def every(side: str) -> Habits:
    return Habits(HAPPENINGS | ALWAYS, side=side, who="19905710001", seed=1)


def detail(phase: str, **over: Any) -> dict[str, Any]:
    card = {"id": 3, "phase": phase, "phase_since": NOW, "starts_at": NOW, "service": {"id": 5}}
    return {"order": card, "exceptions": [], "proposals": [], "allowed_actions": [], "price_list": [], **over}


def script(asked: Asked) -> Answer:
    match asked.path.split("?")[0]:
        case "/api/auth/codes":
            return Answer(200, {"sandbox_code": "123456"})
        case "/api/auth/login" | "/api/auth/staff":
            return Answer(200, {"access": "a", "refresh": "r", "user": {"id": 5}})
        case "/api/orders/3":
            return Answer(200, detail("IN_SERVICE", proposals=[QUESTION]))
        case "/api/orders/3/slots":
            return Answer(200, {"slots": [{"starts_at": NOW, "same_worker": True}]})
        case path if path.endswith("/pay"):
            return Answer(200, {"payment_id": 8, "gateway_no": "g"})
    return Answer(200, DONE)


QUESTION = {"id": 11, "kind": "supplement", "state": "open", "to": "customer"}


def asked_of(platform: ScriptedPlatform) -> list[str]:
    return [one.path for one in platform.asked if one.method == "POST" and "/auth/" not in one.path]


def test_the_same_seed_has_the_same_happen_to_an_order_and_another_seed_does_not() -> None:
    def story(seed: int) -> list[bool]:
        return [habits("worker", seed=seed).happens("reports", number) for number in range(200)]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_it_happens_as_often_as_the_data_say() -> None:
    told = Counter(habits("customer", tips=0.35).happens("tips", number) for number in range(2000))
    assert told[True] / 2000 == pytest.approx(0.35, abs=0.04)


def test_what_the_data_name_the_platform_knows() -> None:
    reports = [*HAPPENINGS["worker_reports"], *HAPPENINGS["customer_reports"]]
    assert {one["type"] for one in reports} <= set(EXCEPTION_TYPES) == set(HAPPENINGS["solutions"])
    assert {one["phase"] for one in reports} <= {phase.value for phase in Phase}
    assert set(HAPPENINGS["solutions"].values()) <= set(get_args(ExceptionDecision.model_fields["outcome"].annotation))
    assert set(HAPPENINGS["hand_back_reasons"]) <= set(get_args(HandBack.model_fields["reason"].annotation))
    assert max(HAPPENINGS["supplements_fen"]) <= Policies().supplement.max_free_fen
    assert min(HAPPENINGS["tips_fen"]) >= Policies().tipping.min_fen


def test_a_worker_stands_still_for_nothing_that_only_people_decide() -> None:
    # Nobody may be watching the demo's board.
    assert {one["type"] for one in HAPPENINGS["worker_reports"]} <= set(Policies().exceptions.defaults)


async def test_a_worker_has_second_thoughts_once() -> None:
    taken: list[tuple[str, dict[str, Any]]] = []

    async def ask(order_id: int, what: str, body: dict[str, Any]) -> None:
        taken.append((what, body))

    async with scripted_platform(script) as platform:
        person = PhonePerson(Api(platform.url), "19905710001")
        incidents = Incidents(person, pace=Pace(1000), habits=every("worker"), ask=ask)
        order = detail("ACCEPTED")
        assert incidents.thinks_again_in(order["order"]) < 0
        await incidents.think_again(order)
        assert incidents.thinks_again_in(order["order"]) == NEVER
        other = Incidents(person, pace=Pace(1000), habits=habits("worker", hands_back=0, asks_to_move=1), ask=ask)
        await other.think_again(order)
        await other.think_again(order | {"proposals": [QUESTION | {"kind": "reschedule"}]})
    assert [what for what, _ in taken] == ["hand-back", "proposals/move"]
    assert taken[1][1]["starts_at"] == NOW


async def test_a_worker_reports_where_it_happens_with_a_photo_and_wants_more_once() -> None:
    taken: list[tuple[str, dict[str, Any]]] = []

    async def ask(order_id: int, what: str, body: dict[str, Any]) -> None:
        taken.append((what, body))

    async with scripted_platform(lambda one: Answer(201, {"id": 77}) if "photos" in one.path else script(one)) as town:
        person = PhonePerson(Api(town.url), "19905710001")
        incidents = Incidents(person, pace=Pace(1000), habits=every("worker"), ask=ask)
        entry = every("worker").trouble(3)
        assert entry is not None
        there = detail(entry["phase"])
        assert incidents.trouble(detail("ACCEPTED")) is None
        assert incidents.trouble(there | {"exceptions": [{"mine": True}]}) is None
        assert incidents.trouble(there) == entry
        await incidents.report(3, entry)
        assert incidents.trouble(there) is None
        await incidents.want_more(detail("IN_SERVICE"))
        await incidents.want_more(detail("IN_SERVICE"))
    assert [what for what, _ in taken] == ["exceptions", "proposals/supplement"]
    assert taken[0][1]["type"] == entry["type"]
    assert taken[0][1]["photos"] in ([], [77])
    assert taken[1][1]["reason"] in HAPPENINGS["supplements"]


@pytest.mark.parametrize(("agrees", "ways"), [(1.0, ["approve", "pay", "pay"]), (0.0, ["decline"])])
async def test_a_customer_answers_his_worker_and_pays_what_he_agrees_to(agrees: float, ways: list[str]) -> None:
    async with scripted_platform(script) as platform:
        person = PhonePerson(Api(platform.url), "19905712000")
        wishes = Wishes(person, pace=Pace(100_000), habits=habits("customer", agrees_to_supplement=agrees))
        wishes.hear("order.supplement_proposed", 3)
        await wishes.see_to(detail("IN_SERVICE")["order"])
        assert [path.rsplit("/", 1)[1] for path in asked_of(platform)] == ways


async def test_a_customer_thanks_once() -> None:
    async with scripted_platform(script) as platform:
        person = PhonePerson(Api(platform.url), "19905712000")
        wishes = Wishes(person, pace=Pace(100_000), habits=every("customer"))
        await wishes.say_thanks(3)
        await wishes.say_thanks(3)
        paid = ["/api/orders/3/tip", "/api/orders/3/tip/pay", "/api/sandbox/payments/8/pay"]
        assert asked_of(platform) == paid


async def test_the_dispatcher_answers_an_exception_and_leaves_another_to_whoever_watches() -> None:
    def answered(asked: Asked) -> Answer:
        if asked.path == "/api/orders/3":
            open_case = {"type": "scope_larger", "outcome": ""}
            return Answer(200, detail("EXCEPTION", exceptions=[open_case], allowed_actions=["continue"]))
        return script(asked)

    alarm = {"id": 2, "kind": "exception_open", "order_id": 3, "taken_by": None}
    async with scripted_platform(answered) as platform:
        for solves in (0.0, 1.0):
            seldom = habits("dispatcher", who="xiaolin", solves=solves)
            dispatcher = Dispatcher("xiaolin", "secret", api=Api(platform.url), pace=Pace(100_000), habits=seldom)
            dispatcher._ring(alarm)
            for ringing in list(dispatcher._ringing.values()):
                await ringing
        done = asked_of(platform)
        decided = platform.asked[-1].body
    # What it would rather decide is not to be had: it goes on.
    assert done == ["/api/board/alarms/2/take", *(f"/api/orders/3/{what}" for what in STEPS)]
    assert decided == {"outcome": "continue"}


STEPS = ("exceptions/answer", "messages", "exceptions/decide")
