"""A sending goes to everybody of its audience, once, in batches, however often it is interrupted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
import time_machine
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import LogCapture

from tests.web.marketing.offers import cut, make_kind
from tests.web.people import make_address, make_customer, make_staff
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import sending_selectors, services
from web.marketing.models import Coupon, Sending, SendingPerson
from web.marketing.services import sending
from web.marketing.services.sending import Draft, is_quiet
from web.notifications.models import Message

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def town() -> list[User]:
    return [make_customer() for _ in range(7)]


@pytest.fixture
def log_output(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    captured = LogCapture()
    monkeypatch.setattr(sending, "log", structlog.wrap_logger(None, processors=[captured]))
    return captured


def draft(**fields: Any) -> Draft:
    values = {"title": "双十二优惠", "text": "保洁满 100 减 20，{快来看看}。", "audience": {}, "link": "/coupons"}
    return Draft(**(values | fields))


def started(staff: User, **fields: Any) -> Sending:
    row = services.put_sending(actor=staff, draft=draft(**fields))
    return services.start_sending(actor=staff, sending_id=row.pk)


def messages() -> list[int]:
    """Whose, in the order in which they were written."""
    return list(Message.objects.filter(kind="campaign").order_by("pk").values_list("user", flat=True))


def test_everybody_gets_it_once(town: list[User]) -> None:
    row = started(make_staff())
    assert [services.send_next(), services.send_next()] == [7, 0]
    assert messages() == [user.pk for user in town]
    row.refresh_from_db()
    assert (row.state, row.told, row.passed_over, row.done_at) == (Sending.DONE, 7, 0, NOON)
    message = Message.objects.all()[0]
    assert (message.title, message.body, message.link) == ("双十二优惠", "保洁满 100 减 20，{快来看看}。", "/coupons")
    with pytest.raises(DoorbellError, match="not_allowed"):
        services.start_sending(actor=make_staff(), sending_id=row.pk)


def test_so_many_a_minute(town: list[User], clock: Any) -> None:
    started(make_staff(), per_minute=24)
    sizes = []
    for _ in range(7):
        sizes.append(services.send_next())
        clock.shift(timedelta(seconds=2.5))
    assert sizes == [2, 0, 2, 0, 2, 0, 1]
    assert messages() == [user.pk for user in town]


def test_whatever_dies_in_a_batch_has_sent_nothing_of_it(town: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    started(make_staff(), per_minute=36)
    assert services.send_next() == 3
    monkeypatch.setattr(Sending, "save", _dies)
    assert services.send_next(now=NOON + timedelta(seconds=5)) == 0
    assert (len(messages()), SendingPerson.objects.count()) == (3, 3)
    monkeypatch.undo()
    for round_ in range(1, 4):
        services.send_next(now=NOON + timedelta(seconds=5 * round_))
    assert messages() == [user.pk for user in town]


def _dies(*_: object, **__: object) -> None:
    raise OperationalError


def test_nobody_is_woken(town: list[User], clock: Any) -> None:
    started(make_staff())
    for hour, minute, quiet in ((21, 29, False), (21, 30, True), (3, 0, True), (8, 29, True), (8, 30, False)):
        local = NOON.replace(hour=0) + timedelta(hours=hour - 8, minutes=minute)
        assert is_quiet(local) is quiet, (hour, minute)
    clock.move_to(NOON + timedelta(hours=10))
    assert services.send_next() == 0
    clock.move_to(NOON + timedelta(hours=21))
    assert services.send_next() == 7


def test_who_refuses_gets_nothing_and_who_refuses_meanwhile_neither(town: list[User]) -> None:
    started(make_staff(), per_minute=36)
    services.put_marketing_wish(user=town[1], accepts=False)
    assert services.send_next() == 3
    services.put_marketing_wish(user=town[5], accepts=False)
    services.send_next(now=NOON + timedelta(seconds=5))
    assert messages() == [town[place].pk for place in (0, 2, 3, 4, 6)]


def test_it_stops_and_goes_on_where_it_was(town: list[User]) -> None:
    staff = make_staff()
    row = started(staff, per_minute=36)
    services.send_next()
    services.stop_sending(actor=staff, sending_id=row.pk)
    assert services.send_next(now=NOON + timedelta(hours=1)) == 0
    services.start_sending(actor=staff, sending_id=row.pk)
    with pytest.raises(DoorbellError, match="sending_started"):
        services.put_sending(actor=staff, draft=draft(title="别的"), sending_id=row.pk)
    for _ in range(2):
        services.send_next(now=NOON + timedelta(hours=1))
        Sending.objects.filter(next_at__isnull=False).update(next_at=NOON)
    assert messages() == [user.pk for user in town]


def test_it_begins_when_it_was_told_to(town: list[User], clock: Any) -> None:
    staff = make_staff()
    row = services.put_sending(actor=staff, draft=draft(audience={"registered_within_days": 1}))
    services.start_sending(actor=staff, sending_id=row.pk, at=NOON + timedelta(hours=2))
    assert services.send_next() == 0
    clock.shift(timedelta(hours=2))
    assert services.send_next() == 7


def test_a_coupon_comes_with_it_and_who_can_have_none_hears_nothing(town: list[User]) -> None:
    kind = make_kind(cut(2_000), per_person=1)
    services.grant_coupon(kind_id=kind.pk, user_id=town[2].pk, why="已有", key="before")
    row = started(make_staff(), coupon_kind_id=kind.pk)
    services.send_next()
    told = [user.pk for user in town if user != town[2]]
    given = Coupon.objects.filter(key=f"sending:{row.pk}").order_by("pk")
    assert messages() == list(given.values_list("user", flat=True)) == told
    assert given[0].why == "双十二优惠"
    row.refresh_from_db()
    assert (row.told, row.passed_over) == (6, 1)
    assert sending_selectors.outcomes_of(row) == {"": 6, "coupon_limit": 1}


def test_nobody_sends_a_coupon_that_is_not_his_to_give() -> None:
    everywhere, elsewhere = make_kind(cut(2_000)), make_kind(cut(2_000), city="shanghai")
    local = make_staff(city="hangzhou")
    for kind, code in ((everywhere, "forbidden"), (elsewhere, "not_found")):
        with pytest.raises(DoorbellError, match=code):
            services.put_sending(actor=local, draft=draft(audience={"city": "hangzhou"}, coupon_kind_id=kind.pk))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 41}, "title"),
        ({"text": "长" * 201}, "text"),
        ({"link": "https://elsewhere.example"}, "link"),
        ({"per_minute": 0}, "per_minute"),
        ({"per_minute": sending.FASTEST + 1}, "per_minute"),
        ({"audience": {"spent": 1}}, "audience.spent"),
    ],
)
def test_what_cannot_be_sent_is_refused(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(DoorbellError, match="sending_wrong") as refused:
        services.put_sending(actor=make_staff(), draft=draft(**fields))
    (told,) = refused.value.details["faults"]
    assert told["field"] == wrong
    assert told["message"]


def test_one_that_cannot_be_sent_stops_and_keeps_nobody_elses_back(town: list[User], log_output: LogCapture) -> None:
    broken, sound = started(make_staff()), started(make_staff(), title="别的")
    Sending.objects.filter(pk=broken.pk).update(
        audience={"of_an_older_release": "13800138000"}, next_at=NOON - timedelta(minutes=1)
    )
    assert services.send_next() == 7
    states = dict(Sending.objects.values_list("pk", "state"))
    assert states == {broken.pk: Sending.STOPPED, sound.pk: Sending.DONE}
    (entry,) = [one for one in log_output.entries if one["event"] == "sending stopped"]
    assert (entry["sending_id"], entry["error"]) == (broken.pk, "ValidationError")
    assert "13800138000" not in str(log_output.entries)


def test_staff_send_to_their_own_city(town: list[User]) -> None:
    make_address(town[0], city="hangzhou")
    local, elsewhere = make_staff(city="hangzhou"), make_staff(city="shanghai")
    for audience in ({}, {"city": "shanghai"}):
        with pytest.raises(DoorbellError, match="forbidden"):
            services.put_sending(actor=local, draft=draft(audience=audience))
    with pytest.raises(DoorbellError, match="forbidden"):
        services.put_sending(actor=town[0], draft=draft())
    row = services.put_sending(actor=local, draft=draft(audience={"city": "hangzhou"}))
    for stranger in (elsewhere, town[0]):
        assert not sending_selectors.sendings_visible_to(stranger).exists()
        for act in (services.start_sending, services.stop_sending):
            with pytest.raises(DoorbellError, match="not_found"):
                act(actor=stranger, sending_id=row.pk)
    services.start_sending(actor=local, sending_id=row.pk)
    assert services.send_next() == 1
    assert messages() == [town[0].pk]
    assert timezone.now() == NOON
