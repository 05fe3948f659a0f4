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
            found, cured = asyncio.run(_look(fix=options["fix"]))
        except (RPCError, RuntimeError) as error:
            raise CommandError(f"Temporal went away ({type(error).__name__}): repeat it, twice is harmless") from None
        for one in found:
            done = one in cured
            self.stdout.write(f"order {one.order_id}: {one.says}: {_told(one, fixing=options['fix'], done=done)}")
        left = [one for one in found if one not in cured]
        self.stdout.write(f"{len(found)} disagreements, {len(left)} left")
        if left:
            raise CommandError(f"{len(left)} left", returncode=1)


async def _look(*, fix: bool) -> tuple[Sequence[Disagreement], Sequence[Disagreement]]:
    """(what was found, what of it was cured)."""
    found = await agreement.all_disagreements()
    return found, [one for one in found if fix and one.cure and await agreement.cure(one)]


def _told(one: Disagreement, *, fixing: bool, done: bool) -> str:
    if not one.cure:
        return "people must look (manage.py ledger_check)"
    if done:
        return f"done: {one.cure}"
    return f"could not {one.cure}" if fixing else f"would {one.cure}"
