"""`manage.py check_orders [--fix]`"""

import asyncio
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from temporalio.service import RPCError

from workflows import agreement
from workflows.agreement import Disagreement


class Command(BaseCommand):
    """Lists where row and actor, or row and money, say different things; exit code 1 where anything is left."""

    help = "List orders whose row, actor and money disagree, and what would be done; --fix does it. Twice is once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="do what is said")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = asyncio.run(_look(fix=options["fix"]))
        except (RPCError, RuntimeError) as error:
            raise CommandError(f"Temporal went away ({type(error).__name__}): repeat it, twice is harmless") from None
        for one in found:
            self.stdout.write(f"order {one.order_id}: {one.says}: {_told(one, fixed=options['fix'])}")
        left = [one for one in found if not (options["fix"] and one.cure)]
        self.stdout.write(f"{len(found)} disagreements, {len(left)} left")
        if left:
            raise CommandError(f"{len(left)} left", returncode=1)


async def _look(*, fix: bool) -> Sequence[Disagreement]:
    found = await agreement.all_disagreements()
    if fix:
        for one in found:
            await agreement.cure(one)
    return found


def _told(one: Disagreement, *, fixed: bool) -> str:
    if not one.cure:
        return "people must look (manage.py ledger_check)"
    return f"done: {one.cure}" if fixed else f"would {one.cure}"
