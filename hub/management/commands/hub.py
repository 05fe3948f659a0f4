"""`manage.py hub …`: what an operator does to the hub and its log by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

import hub


class Command(BaseCommand):
    help = "Looks after the hub's log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True)
        whats.add_parser("new-epoch", help="after a restore, before anybody is served: void all positions of clients")
        whats.add_parser("prune", help="delete the events that their topics' registrations no longer keep")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        getattr(self, f"_{what.replace('-', '_')}")(**options)

    def _new_epoch(self, **options: Any) -> None:
        hub.new_epoch()

    def _prune(self, **options: Any) -> None:
        pruned = 0
        while some := hub.retention.prune():
            pruned += some
        self.stdout.write(f"{pruned} events")
