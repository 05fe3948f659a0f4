"""Who would rather, or never, work for whom: a customer's favourites, and pairs that are never matched again."""

from collections.abc import Iterable

import hub
from web.accounts.models import Tie, User
from workflows.transitions import Role

KINDS: dict[Role, dict[str, str]] = {
    Role.CUSTOMER: {"favourite": Tie.FAVOURITE, "blocked": Tie.BLOCKED_BY_CUSTOMER},
    Role.WORKER: {"blocked": Tie.BLOCKED_BY_WORKER},
}
"""What each may say of the other, and the row that it becomes."""


def put_tie(*, customer_id: int, worker_id: int, by: Role, kind: str) -> None:
    """What one of the two says of the other from now on, in place of what he said before; "none" takes it back.

    kind: a key of KINDS[by], or "none". What the other one said is his, and stays. Raises KeyError.
    """
    row = KINDS[by][kind] if kind != "none" else None
    with hub.atomic():
        said = Tie.objects.filter(customer_id=customer_id, worker_id=worker_id, kind__in=KINDS[by].values())
        said.exclude(kind=row or "").delete()
        if row:
            Tie.objects.bulk_create(
                [Tie(customer_id=customer_id, worker_id=worker_id, kind=row)], ignore_conflicts=True
            )


def ties_of(customer_id: int | None) -> tuple[set[int], set[int]]:
    """(his favourite workers, the workers that he is never matched with, whoever of the two said so); none for a
    stranger.
    """
    if customer_id is None:
        return set(), set()
    rows = list(Tie.objects.filter(customer_id=customer_id).values_list("worker_id", "kind"))
    blocked = {worker_id for worker_id, kind in rows if kind != Tie.FAVOURITE}
    return {worker_id for worker_id, kind in rows if kind == Tie.FAVOURITE} - blocked, blocked


def said_by(customer: User) -> Iterable[tuple[User, str]]:
    """(worker, favourite or blocked) of all that a customer said himself, the newest first."""
    names = {row: kind for kind, row in KINDS[Role.CUSTOMER].items()}
    rows = Tie.objects.select_related("worker").filter(customer=customer, kind__in=names).order_by("-pk")
    return [(row.worker, names[row.kind]) for row in rows]
