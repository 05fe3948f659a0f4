"""`manage.py ledger_check`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from web.ledger.checking import CHECKS, disagreements


class Command(BaseCommand):
    """Prints each disagreement as a line; exit code 1 where there is one."""

    help = "Prove that the ledger is right: against itself, the payments, the orders and the gateway's books."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if not connection.in_atomic_block or len(connection.savepoint_ids) == 0:
                with connection.cursor() as cursor:
                    # One moment for all questions, while orders go on.
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = disagreements()
        for one in found:
            self.stdout.write(f"{one.about}: {one.what} ({one.check})")
        if found:
            raise CommandError(f"{len(found)} disagreements")
        self.stdout.write(f"{len(CHECKS)} checks, no disagreement")
