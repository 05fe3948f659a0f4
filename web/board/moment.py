"""One moment of the database for several queries."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Every query inside sees what was committed before the first one, and nothing that came since; none may write.

    Without it a step that commits between two queries of a snapshot is in one part of it and not in the other, and its
    event, which comes again, is then counted twice. Inside a transaction that is under way already, that one's rules
    hold.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
