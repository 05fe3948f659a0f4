from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import operations


class Command(BaseCommand):
    help = "Writes the table of settings into docs/operations.md; with --check only compares."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the page is not up to date")

    def handle(self, *, check: bool, **options: Any) -> None:
        present = operations.current()
        wanted = operations.with_settings(present)
        if check and present != wanted:
            raise CommandError("docs/operations.md is behind config/settings.py: run manage.py operations")
        if not check:
            operations.PAGE.write_text(wanted, encoding="utf-8")
