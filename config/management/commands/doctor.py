import asyncio
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import doctor


class Command(BaseCommand):
    help = "Looks at configuration, secrets, database, Redis, Temporal and workers: ✓ or ✗ with the cure for each."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", nargs="+", choices=list(doctor.CHECKS), default=[], metavar="CHECK")

    def handle(self, *, only: list[str], **options: Any) -> None:
        findings = asyncio.run(doctor.examine(only))
        for finding in findings:
            for line in finding.lines():
                self.stdout.write(line)
        if not all(finding.healthy for finding in findings):
            sys.exit(1)
