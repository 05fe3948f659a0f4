"""`manage.py hub …`: what an operator does to the hub and its log by hand.

Guarantees that what it did is committed when it returns; each process hears of it within the comparison of heads. Not
that `top` shows what is now: it shows what the processes said of themselves some seconds ago.
"""

from argparse import ArgumentParser
from json import dumps
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError

import hub
from hub import top


class Command(BaseCommand):
    help = "Looks after the hub's log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True)
        whats.add_parser("new-epoch", help="after a restore, before anybody is served: void all positions of clients")
        whats.add_parser("prune", help="delete the events that their topics' registrations no longer keep")
        look = whats.add_parser("top", help="what the hub's processes are doing now")
        look.add_argument("--json", action="store_true", help="all of it, for machines")
        close = whats.add_parser("disconnect", help="close a user's connections and void the tokens he has")
        close.add_argument("user")
        close.add_argument("--login", default="", help="of this login only")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        getattr(self, f"_{what.replace('-', '_')}")(**options)

    def _new_epoch(self, **options: Any) -> None:
        hub.new_epoch()

    def _prune(self, **options: Any) -> None:
        pruned = 0
        while some := hub.retention.prune():
            pruned += some
        self.stdout.write(f"{pruned} events")

    def _disconnect(self, *, user: str, login: str, **options: Any) -> None:
        hub.revoke.disconnect(user, login=login)

    def _top(self, *, json: bool, **options: Any) -> None:
        try:
            processes = top.read()
        except (redis.RedisError, OSError) as error:
            raise CommandError(f"Redis does not answer: {type(error).__name__}") from None
        whole = {"processes": processes, **top.together(processes)}
        if json:
            self.stdout.write(dumps(whole))
            return
        whole["clients"] = [{"connections": count, "client": kind} for kind, count in whole["clients"].items()]
        for title, lines in whole.items():
            self.stdout.write(f"\n{title}")
            # What a process says in lists and tables of its own stands below, for all together.
            rows = [[str(value) for value in line.values() if not isinstance(value, list | dict)] for line in lines]
            heads = [key for key, value in lines[0].items() if not isinstance(value, list | dict)] if lines else []
            widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
            for row in [heads, *rows] if lines else [["-"]]:
                self.stdout.write("  " + "  ".join(map(str.ljust, row, widths or [1])).rstrip())
