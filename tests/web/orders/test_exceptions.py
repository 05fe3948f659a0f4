"""异常: reported from every live phase, answered, solved; and what the clock does when nobody is there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.web.orders.story import Story, heard, open_alarms, refused, terms
from tests.web.people import CENTRE, make_customer, make_staff, make_worker
from web.accounts.models import User
from web.orders import selectors
from web.orders.models import Alarm, Command, Order, OrderException
from web.workforce.models import Worker
from web.workforce.services import Seen, record_positions
from workflows.messages import Timer
from workflows.transitions import EXCEPTION_TYPES, INTERRUPTIBLE, Move, Phase

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def in_phase(phase: Phase) -> Story:
    story = Story.in_town().pay()
    ways = {
        Phase.ACCEPTED: [story.offer, story.accept],
        Phase.EN_ROUTE: [story.depart],
        Phase.ARRIVED: [story.arrive],
        Phase.IN_SERVICE: [story.start],
        Phase.AWAITING_CONFIRMATION: [story.tick_all, story.finish],
    }
    for reached, moves in ways.items():
        if phase is not Phase.DISPATCHING and INTERRUPTIBLE.index(reached) <= INTERRUPTIBLE.index(phase):
            for move in moves:
                move()
    assert story.order.phase == phase
    return story


def exception_of(story: Story) -> OrderException:
    return story.order.exceptions.get()


def moves_of(story: Story, user: User) -> set[Move]:
    return set(selectors.allowed_actions(story.order, user))


def timers(story: Story) -> dict[str, Timer]:
    return {timer.move: timer for timer in selectors.view_of(story.order).timers}


def let_pass(story: Story, stood: timedelta) -> None:
    """The exception has been open for so long."""
    Order.objects.filter(pk=story.id).update(phase_since=timezone.now() - stood)


@pytest.mark.parametrize("phase", INTERRUPTIBLE)
def test_anybody_on_the_order_reports_from_every_live_phase_and_it_goes_back_there(phase: Phase) -> None:
    story = in_phase(phase)
    worker = [story.worker] if story.order.worker else []
    for user in [story.order.customer, *worker, make_staff()]:
        story.report(user)
        assert (story.order.phase, story.order.exception_from) == (Phase.EXCEPTION, phase)
        assert story.ask(make_staff(), Move.CONTINUE).outcome.done
        assert (story.order.phase, story.order.exception_from) == (phase, "")
    assert {exception.phase for exception in story.order.exceptions.all()} == {phase}
    assert {exception.outcome for exception in story.order.exceptions.all()} == {"continue"}


def test_after_it_the_visit_is_served_to_its_end() -> None:
    story = in_phase(Phase.ARRIVED)
    story.report(story.worker, "customer_absent")
    story.ask(story.order.customer, Move.CONTINUE)
    story.start().tick_all().finish().confirm().settle().close()
    assert story.types.count("exception_continued") == 1


@pytest.mark.parametrize("phase", [Phase.AWAITING_PAYMENT, Phase.COMPLETED, Phase.CANCELLED])
def test_an_order_that_is_not_paid_or_has_ended_has_no_exceptions(phase: Phase) -> None:
    story = Story.in_town()
    if phase is Phase.COMPLETED:
        story.finished().confirm()
    elif phase is Phase.CANCELLED:
        story.pay().cancel()
    assert refused(story.ask(story.order.customer, Move.REPORT_EXCEPTION, type="other")) == "not_allowed"


def test_a_worker_who_is_not_on_it_reports_nothing() -> None:
    story = in_phase(Phase.EN_ROUTE)
    outsider = make_worker().user
    assert refused(story.ask(outsider, Move.REPORT_EXCEPTION, type="other")) == "not_allowed"
    assert Move.REPORT_EXCEPTION not in moves_of(story, outsider)


def test_nothing_of_the_visit_happens_meanwhile() -> None:
    story = in_phase(Phase.EN_ROUTE).report(make_staff())
    assert refused(story.ask(story.worker, Move.ARRIVE)) == "not_allowed"
    assert refused(story.step(Move.LATE_TO_ARRIVE)) == "not_allowed"
    assert set(timers(story)) == {"exception_unanswered", "exception_unsolved", "exception_lapsed"}


def test_an_open_offer_is_withdrawn_and_dispatching_goes_on_afterwards() -> None:
    story = Story.in_town().pay().offer()
    worker = story.offered.worker
    story.report(story.order.customer)
    assert story.order.open_offer is None
    assert heard(f"worker:{worker.pk}")[-1].data["state"] == "withdrawn"
    story.ask(story.order.customer, Move.WITHDRAW_EXCEPTION)
    assert story.order.phase == Phase.DISPATCHING
    story.offer().accept()


# What it leaves behind.


def test_text_and_place_are_sealed_and_in_no_event() -> None:
    story = in_phase(Phase.EN_ROUTE)
    worker = Worker.objects.get(pk=story.worker.pk)
    record_positions(worker=worker, positions=[Seen(*CENTRE, accuracy_m=5, at=timezone.now())])
    story.report(story.worker, "vehicle", "车胎在密语路爆了")
    exception = exception_of(story)
    assert (exception.text, exception.place) == ("车胎在密语路爆了", f"{CENTRE[0]:.6f},{CENTRE[1]:.6f}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, place FROM orders_orderexception")
        assert not any("密语" in value or "120." in value for value in cursor.fetchone())
    topics = (f"order:{story.id}", f"customer:{story.order.customer_id}", "board:hangzhou")
    assert not any("密语" in str(event.data) for topic in topics for event in heard(topic))
    assert "密语" not in str([event.data for event in story.order.events.all()])
    assert "密语" not in str(Command.objects.latest("pk").body)


def test_the_board_hears_of_it_and_somebody_has_to_answer_in_time() -> None:
    story = in_phase(Phase.ARRIVED)
    story.report(story.worker, "damage")
    alarm = story.order.alarms.get(kind=Alarm.EXCEPTION_OPEN)
    assert (alarm.owner, alarm.due_at) == ("dispatcher", exception_of(story).answer_due)
    told = [event.data["alarm"] for event in heard("board:hangzhou") if event.type == "alarm.raised"]
    assert (told[-1]["kind"], told[-1]["owner"]) == ("exception_open", "dispatcher")
    assert told[-1]["due_at"] is not None


def test_who_answers_stops_the_first_clock_and_not_the_second() -> None:
    story, staff = in_phase(Phase.ARRIVED), make_staff()
    story.report(story.worker, "damage")
    assert story.ask(staff, Move.ANSWER_EXCEPTION).outcome.done
    exception = exception_of(story)
    assert (exception.answered_by, exception.answered_at is None) == (staff, False)
    assert (open_alarms(story), set(timers(story))) == ([], {"exception_unsolved"})
    assert Move.ANSWER_EXCEPTION not in moves_of(story, make_staff())
    assert refused(story.ask(make_staff(), Move.ANSWER_EXCEPTION)) == "not_allowed"


# Who may decide.


def test_the_customer_agrees_where_his_word_is_enough() -> None:
    for type in EXCEPTION_TYPES:
        story = in_phase(Phase.ARRIVED)
        customer = story.order.customer
        story.report(story.worker, type)
        assert (Move.CONTINUE in moves_of(story, customer)) == (type in OrderException.CONSENT), type
        result = story.ask(customer, Move.CONTINUE)
        assert result.outcome.done == (type in OrderException.CONSENT), type
        Worker.objects.all().delete()


def test_the_customer_does_not_decide_about_his_own_report_and_the_worker_about_none() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.order.customer, "damage")
    assert refused(story.ask(story.order.customer, Move.CONTINUE)) == "not_allowed"
    assert refused(story.ask(story.worker, Move.CONTINUE)) == "not_allowed"
    assert moves_of(story, story.worker) == {Move.REPORT_EXCEPTION, Move.PROPOSE_SUPPLEMENT}


def test_who_reported_it_withdraws_it_and_nobody_else() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.worker)
    assert refused(story.ask(story.order.customer, Move.WITHDRAW_EXCEPTION)) == "not_allowed"
    assert story.ask(story.worker, Move.WITHDRAW_EXCEPTION).outcome.done
    assert (story.order.phase, exception_of(story).outcome) == (Phase.IN_SERVICE, "withdrawn")
    assert open_alarms(story) == []


def test_a_report_of_danger_is_the_managers_at_once_and_only_the_platform_ends_it() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.worker, "safety")
    alarm = story.order.alarms.get()
    assert (alarm.kind, alarm.owner) == (Alarm.EXCEPTION_SAFETY, Alarm.MANAGER)
    for user in (story.worker, story.order.customer):
        assert refused(story.ask(user, Move.WITHDRAW_EXCEPTION)) == "not_allowed"
    story.ask(make_staff(), Move.ANSWER_EXCEPTION)
    assert open_alarms(story) == [Alarm.EXCEPTION_SAFETY]
    story.ask(make_staff(), Move.CONTINUE)
    assert open_alarms(story) == []


def test_danger_is_heard_while_another_thing_is_looked_into() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.order.customer).report(story.worker, "safety")
    assert set(open_alarms(story)) == {Alarm.EXCEPTION_OPEN, Alarm.EXCEPTION_SAFETY}
    assert "exception_lapsed" not in timers(story)
    story.ask(story.order.customer, Move.WITHDRAW_EXCEPTION)
    assert (story.order.phase, open_alarms(story)) == (Phase.EXCEPTION, [Alarm.EXCEPTION_SAFETY])
    assert "exception_lapsed" not in timers(story)
    assert story.ask(make_staff(), Move.CONTINUE_WITH_SUPPLEMENT).outcome.done
    assert [exception.outcome for exception in story.order.exceptions.order_by("pk")] == [
        "withdrawn",
        "continue_with_supplement",
    ]
    assert story.order.phase == Phase.IN_SERVICE


def test_the_same_thing_is_not_reported_twice() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.worker, "damage")
    assert refused(story.ask(story.worker, Move.REPORT_EXCEPTION, type="damage")) == "already_reported"
    story.report(story.order.customer, "damage")


def test_two_who_decide_at_once_are_one_decision() -> None:
    story = in_phase(Phase.IN_SERVICE)
    story.report(story.worker)
    one, other = (story.receive(make_staff(), Move.CONTINUE) for _ in range(2))
    seen = story.order.version
    assert story.take(one, version=seen).outcome.done
    assert story.take(other, version=seen).conflict
    assert refused(story.take(other)) == "not_allowed"
    assert story.types.count("exception_continued") == 1


# When nobody does anything.


def test_unanswered_it_is_the_managers_and_unsolved_it_is_so_again() -> None:
    story = in_phase(Phase.ARRIVED)
    story.report(story.worker, "damage")
    exception = exception_of(story)
    due = timers(story)
    assert due["exception_unanswered"].due == exception.raised_at + timedelta(minutes=5)
    assert due["exception_unsolved"].due == exception.raised_at + HOUR
    for move in (Move.EXCEPTION_UNANSWERED, Move.EXCEPTION_UNSOLVED):
        timer = timers(story)[move]
        assert story.step(move, key=timer.key, reference=timer.reference).outcome.done
        assert move not in timers(story)
    assert set(open_alarms(story)) == {Alarm.EXCEPTION_UNANSWERED, Alarm.EXCEPTION_UNSOLVED}
    assert {alarm.owner for alarm in story.order.alarms.filter(cleared_at=None)} == {Alarm.MANAGER}
    assert story.types[-2:] == ["exception_unanswered", "exception_unsolved"]
    story.ask(make_staff(), Move.ANSWER_EXCEPTION)
    assert open_alarms(story) == [Alarm.EXCEPTION_UNSOLVED]


def test_where_the_terms_say_so_it_then_goes_on_by_itself() -> None:
    terms("exceptions", decide_s=7200)
    story = in_phase(Phase.ARRIVED)
    story.report(story.worker, "scope_larger")
    timer = timers(story)["exception_lapsed"]
    assert timer.due == exception_of(story).raised_at + 2 * HOUR
    assert story.step(Move.EXCEPTION_LAPSED, key=timer.key, reference=timer.reference).outcome.done
    exception = exception_of(story)
    assert (story.order.phase, exception.outcome, exception.solved_by) == (Phase.ARRIVED, "continue", None)
    assert open_alarms(story) == []
    assert story.order.events.last().role == "system"  # type: ignore[union-attr]


@pytest.mark.parametrize("type", EXCEPTION_TYPES)
def test_an_order_that_stands_still_always_has_a_clock_or_somebody_who_was_called(type: str) -> None:
    story = in_phase(Phase.EN_ROUTE)
    story.report(story.worker, type)
    assert open_alarms(story)
    for move in (Move.EXCEPTION_UNANSWERED, Move.EXCEPTION_UNSOLVED, Move.EXCEPTION_LAPSED):
        timer = timers(story).get(move)
        if timer:
            story.step(move, key=timer.key, reference=timer.reference)
    assert story.order.phase != Phase.EXCEPTION or open_alarms(story)


# The clock of the phase it came from.


def test_who_is_on_his_way_has_as_long_as_he_had() -> None:
    story = in_phase(Phase.EN_ROUTE)
    before = story.order.arrive_by
    assert before
    story.report(story.worker, "vehicle")
    let_pass(story, 2 * HOUR)
    story.ask(make_staff(), Move.CONTINUE)
    after = story.order.arrive_by
    assert after
    assert timedelta() <= after - before - 2 * HOUR < timedelta(minutes=1)


def test_who_has_still_to_leave_has_his_grace_and_no_more() -> None:
    story = in_phase(Phase.ACCEPTED)
    far = story.order.depart_by
    story.report(story.worker)
    story.ask(make_staff(), Move.CONTINUE)
    assert story.order.depart_by == far
    missed = timezone.now() - HOUR
    Order.objects.filter(pk=story.id).update(depart_by=missed, arrive_by=missed + HOUR)
    story.report(story.worker)
    story.ask(make_staff(), Move.CONTINUE)
    order = story.order
    assert order.depart_by
    assert order.arrive_by
    assert timedelta(minutes=9) < order.depart_by - timezone.now() <= timedelta(minutes=10)
    assert order.arrive_by - order.depart_by == HOUR


def test_the_customers_silence_does_not_count_while_it_is_open() -> None:
    story = in_phase(Phase.AWAITING_CONFIRMATION)
    before = story.order.autoconfirm_at
    assert before
    story.report(story.order.customer, "dispute")
    let_pass(story, 30 * HOUR)
    story.ask(make_staff(), Move.CONTINUE)
    after = story.order.autoconfirm_at
    assert after
    assert after - before >= 30 * HOUR


def test_who_withdraws_his_own_report_has_gained_no_time() -> None:
    story = in_phase(Phase.EN_ROUTE)
    before = story.order.arrive_by
    story.report(story.worker)
    let_pass(story, 2 * HOUR)
    story.ask(story.worker, Move.WITHDRAW_EXCEPTION)
    assert story.order.arrive_by == before


def test_a_worker_who_was_late_stays_late_and_cancelling_stays_free() -> None:
    story = in_phase(Phase.EN_ROUTE)
    story.step(Move.LATE_TO_ARRIVE)
    story.report(story.worker)
    let_pass(story, HOUR)
    story.ask(make_staff(), Move.CONTINUE)
    assert story.order.late_told
    story.cancel()
    assert story.order.cancel_fee_fen == 0


@pytest.mark.parametrize(
    ("phase", "told", "given_up"),
    [
        (Phase.ACCEPTED, Move.LATE_TO_DEPART, Move.DID_NOT_DEPART),
        (Phase.ACCEPTED, Move.LATE_TO_DEPART, Move.DID_NOT_ARRIVE),
        (Phase.EN_ROUTE, Move.LATE_TO_ARRIVE, Move.DID_NOT_ARRIVE),
    ],
)
def test_a_worker_who_was_late_has_no_less_time_because_the_order_stood_still(
    phase: Phase, told: Move, given_up: Move
) -> None:
    story = in_phase(phase)
    story.step(told)
    before = story.due(given_up)
    story.report(story.worker, "address_wrong")
    let_pass(story, HOUR)
    story.ask(make_staff(), Move.CONTINUE)
    after = story.due(given_up)
    assert before
    assert after
    assert after - before >= HOUR


def test_who_was_taken_not_to_come_has_not_come() -> None:
    story = in_phase(Phase.EN_ROUTE)
    story.step(Move.DID_NOT_ARRIVE)
    missed = story.order.arrive_by
    story.report(story.worker)
    let_pass(story, HOUR)
    story.ask(make_staff(), Move.CONTINUE)
    assert (story.order.no_show, story.order.arrive_by) == (True, missed)


def test_one_who_is_held_up_at_a_customers_does_not_leave_for_the_next() -> None:
    story = in_phase(Phase.ARRIVED)
    worker = story.worker
    other = Story.placed(make_customer(), story.order.service, starts_at=story.order.starts_at + 5 * HOUR).accepted()
    assert other.worker == worker
    story.report(worker)
    assert refused(other.ask(worker, Move.DEPART)) == "busy_elsewhere"
