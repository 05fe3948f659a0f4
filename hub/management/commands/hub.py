"""`manage.py hub new-epoch`: to be run after the database was restored from a backup, before anybody is served."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

import hub


class Command(BaseCommand):
    help = "Looks after the hub's log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["new-epoch"], help="new-epoch: void every position that clients hold")

    def handle(self, *args: Any, **options: Any) -> None:
        hub.new_epoch()
