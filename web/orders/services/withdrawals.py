"""Workers' money that waits for people: to be reviewed, or because its channel does not move it. A customer's
compensation has an alarm of its order's instead.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import hub
from web.ledger import withdrawals
from web.orders import selectors
from web.orders.models import Alarm
from web.orders.services.alarms import ring, silence
from web.workforce import selectors as workforce

if TYPE_CHECKING:
    from web.ledger.models import Withdrawal

KINDS = (Alarm.WITHDRAWAL_DUE, Alarm.PAYOUT_STUCK)


def alarm_withdrawal(*, withdrawal_id: int) -> bool:
    """Have the board's alarms say what this withdrawal waits for; whether one is new. It asks the row anew, so it may
    be called as often as one likes, after every change that may matter.
    """
    with hub.atomic():
        # Asked under the lock: of two changes at once, the last one to come sees both.
        row = withdrawals.locked(withdrawal_id)
        kind = _kind_for(row)
        silence(Alarm.objects.filter(withdrawal_id=row.pk).exclude(kind=kind))
        return bool(kind) and ring(_alarm(row, kind))


def alarm_withdrawals() -> int:
    """The same for all whose alarms do not say so: a crash may have come between. Returns how many are new."""
    kinds = ((row.pk, _kind_for(row)) for row in withdrawals.open_of_workers())
    waiting = {(withdrawal_id, kind) for withdrawal_id, kind in kinds if kind}
    alarms = Alarm.objects.filter(kind__in=KINDS, cleared_at=None)
    told = {(about, kind) for about, kind in alarms.values_list("withdrawal_id", "kind") if about}
    wrong = {withdrawal_id for withdrawal_id, _ in waiting ^ told}
    return sum(alarm_withdrawal(withdrawal_id=one) for one in sorted(wrong))


def _kind_for(row: "Withdrawal") -> str:
    if row.compensation_id is not None:
        return ""
    if row.waits_for_review:
        return Alarm.WITHDRAWAL_DUE
    return Alarm.PAYOUT_STUCK if row.is_stuck else ""


def _alarm(row: "Withdrawal", kind: str) -> Alarm:
    city = workforce.profile_of(row.payee).city
    alarm = Alarm(withdrawal_id=row.pk, city=city, kind=kind, worker_id=row.payee_id)
    if kind == Alarm.WITHDRAWAL_DUE:
        review_s = selectors.terms_of_alarm(alarm).withdrawal.review_s
        alarm.due_at = row.created_at + timedelta(seconds=review_s)
    return alarm
