"""Sending to an audience: prepared, started, stopped, and sent some people at a time.

A batch is one transaction: the messages, the coupons, who has them, and how far it is. Whatever is killed in the middle
of it has sent nothing of it, and the next one begins where the last that was committed ended.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from pydantic import ValidationError

import hub
from web.accounts.models import User
from web.errors import DoorbellError, refuse_faulty
from web.marketing import audiences, sending_selectors
from web.marketing.audiences import CAMPAIGN, Audience
from web.marketing.models import Sending, SendingPerson
from web.marketing.services.faults import Fault
from web.marketing.services.granting import check_sent, grant_coupon, lock_kind
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.times import SHANGHAI

log = structlog.get_logger(__name__)

AT_ONCE = 100
ROUND_S = 5
"""So often the sweep comes round."""

FASTEST = AT_ONCE * 60 // ROUND_S
QUIET_FROM, QUIET_UNTIL = time(21, 30), time(8, 30)
"""Of the day in Shanghai: nobody is sent anything, or reminded, in the night."""


@dataclass(frozen=True)
class Draft:
    """What staff say of a sending; see `Sending`."""

    title: str
    text: str
    audience: Mapping[str, Any]
    link: str = ""
    coupon_kind_id: int | None = None
    per_minute: int = 600


def put_sending(*, actor: User, draft: Draft, sending_id: int | None = None) -> Sending:
    """A new draft, or a draft otherwise; its city is its audience's.

    Raises DoorbellError forbidden, not_found, sending_wrong (details {faults}), sending_started.
    """
    audience = _checked(draft)
    sending_selectors.check_audience(actor, audience)
    if draft.coupon_kind_id is not None:
        _check_coupon(actor, draft.coupon_kind_id)
    with hub.atomic():
        sending = Sending(by=actor) if sending_id is None else _locked(actor, sending_id)
        if sending.state != Sending.DRAFT:
            raise DoorbellError("sending_started")
        sending.city, sending.audience = audience.city, audience.model_dump(mode="json", exclude_defaults=True)
        sending.title, sending.text, sending.link = draft.title, draft.text, draft.link
        sending.coupon_kind_id, sending.per_minute = draft.coupon_kind_id, draft.per_minute
        sending.save()
        return sending


def start_sending(*, actor: User, sending_id: int, at: datetime | None = None) -> Sending:
    """Send it from then on (now where none is given), or go on with one that was stopped. Its audience is who belongs
    to it when his turn comes, the days counted back from the first start.

    Raises DoorbellError not_found, not_allowed for one that is through.
    """
    with hub.atomic():
        sending, now = _locked(actor, sending_id), timezone.now()
        if sending.state == Sending.DONE:
            raise DoorbellError("not_allowed", message="已经发送完毕，不能再次开始")
        if sending.state != Sending.RUNNING:
            begins = max(at or now, now)
            sending.state, sending.next_at = Sending.RUNNING, begins
            sending.starts_at = sending.starts_at or begins
            sending.save(update_fields=["state", "next_at", "starts_at"])
        return sending


def stop_sending(*, actor: User, sending_id: int) -> Sending:
    """Nobody more gets it, until it is started again. Raises DoorbellError not_found, not_allowed."""
    with hub.atomic():
        sending = _locked(actor, sending_id)
        if sending.state not in (Sending.RUNNING, Sending.STOPPED):
            raise DoorbellError("not_allowed", message="没有正在发送，不能停止")
        sending.state, sending.next_at = Sending.STOPPED, None
        sending.save(update_fields=["state", "next_at"])
        return sending


def send_next(*, now: datetime | None = None) -> int:
    """One batch of each sending that is due; how many people were looked at. Nothing in the night."""
    now = now or timezone.now()
    if is_quiet(now):
        return 0
    due = Sending.objects.filter(state=Sending.RUNNING, next_at__lte=now).order_by("next_at", "pk")
    return sum(_send_by_itself(sending_id, now) for sending_id in list(due.values_list("pk", flat=True)))


def _send_by_itself(sending_id: int, now: datetime) -> int:
    """Whatever is wrong with one, the others go on. It stops, for staff to look at; not where the database was away or
    chose it in a deadlock: then its turn comes again.
    """
    try:
        return _send_some(sending_id, now)
    except (InterfaceError, OperationalError) as error:
        log.warning("sending put off", sending_id=sending_id, error=type(error).__name__)
    except Exception as error:
        # Never its text: it may quote what was written, or to whom.
        log.error("sending stopped", sending_id=sending_id, error=type(error).__name__)
        Sending.objects.filter(pk=sending_id, state=Sending.RUNNING).update(state=Sending.STOPPED, next_at=None)
    return 0


def put_marketing_wish(*, user: User, accepts: bool) -> None:
    """Whether he accepts messages of campaigns, inside the app or outside."""
    notifications.choose(user_id=user.pk, kind=CAMPAIGN, on=accepts)


def is_quiet(now: datetime) -> bool:
    """Whether people sleep in Shanghai."""
    local = now.astimezone(SHANGHAI).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def _send_some(sending_id: int, now: datetime) -> int:
    with hub.atomic():
        free = Sending.objects.select_for_update(skip_locked=True, no_key=True)
        # Asked again under the lock: another process may just have had its turn with it.
        sending = free.filter(pk=sending_id, state=Sending.RUNNING, next_at__lte=now).first()
        if sending is None or sending.starts_at is None:
            return 0
        number = max(1, min(AT_ONCE, sending.per_minute * ROUND_S // 60))
        audience = Audience.model_validate(sending.audience)
        waiting = audiences.accepting(audiences.people(audience, at=sending.starts_at))
        ids = list(waiting.filter(pk__gt=sending.last_id).order_by("pk").values_list("pk", flat=True)[:number])
        _send_to(sending, ids)
        sending.next_at = now + timedelta(seconds=number * 60 / sending.per_minute)
        if len(ids) < number:
            sending.state, sending.next_at, sending.done_at = Sending.DONE, None, now
        sending.save(update_fields=["state", "next_at", "done_at", "last_id", "told", "passed_over"])
        return len(ids)


def _send_to(sending: Sending, user_ids: list[int]) -> None:
    """These, in the order of their ids, all of whom come after the last."""
    if sending.coupon_kind_id is not None:
        lock_kind(sending.coupon_kind_id)
    codes = {user_id: _grant(sending, user_id) for user_id in user_ids}
    SendingPerson.objects.bulk_create(
        SendingPerson(sending=sending, user_id=user_id, code=code) for user_id, code in codes.items()
    )
    told = [user_id for user_id, code in codes.items() if not code]
    about = notifications.About(link=sending.link, fields={"title": sending.title, "text": sending.text})
    notifications.notify(event="marketing.sent", people={Reader.CUSTOMER: told}, about=about)
    sending.told += len(told)
    sending.passed_over += len(codes) - len(told)
    sending.last_id = max(user_ids, default=sending.last_id)


def _grant(sending: Sending, user_id: int) -> str:
    """Give him its coupon, if it has one: "", or the code of why he cannot have it."""
    if sending.coupon_kind_id is None:
        return ""
    try:
        with hub.atomic():
            key = f"sending:{sending.pk}"
            grant_coupon(kind_id=sending.coupon_kind_id, user_id=user_id, why=sending.title, key=key)
    except DoorbellError as refused:
        return refused.code
    return ""


def _locked(actor: User, sending_id: int) -> Sending:
    found = sending_selectors.sendings_visible_to(actor).select_for_update(no_key=True).filter(pk=sending_id).first()
    if found is None:
        raise DoorbellError("not_found")
    return found


def _check_coupon(actor: User, kind_id: int) -> None:
    """As whoever sends it by hand."""
    check_sent(actor, kind_id)


def _checked(draft: Draft) -> Audience:
    refuse_faulty("sending_wrong", _faults(draft))
    return Audience.model_validate(dict(draft.audience))


def _faults(draft: Draft) -> Iterator[Fault]:
    room = {name: getattr(Sending._meta.get_field(name), "max_length", 0) for name in ("title", "text", "link")}
    for name in ("title", "text"):
        if not 0 < len(getattr(draft, name).strip()) <= room[name]:
            yield Fault(f"{name}_wrong", name)
    if draft.link and not (draft.link.startswith("/") and len(draft.link) <= room["link"]):
        yield Fault("link_wrong", "link")
    if not 0 < draft.per_minute <= FASTEST:
        yield Fault("per_minute_wrong", "per_minute")
    try:
        Audience.model_validate(dict(draft.audience))
    except ValidationError as error:
        places = {".".join(["audience", *map(str, one["loc"])]) for one in error.errors()}
        yield from (Fault("audience_wrong", place) for place in sorted(places))
