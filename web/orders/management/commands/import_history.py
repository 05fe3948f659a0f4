"""`manage.py import_history FILE.jsonl [--source old-system] [--dry-run] [--batch 500]`"""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from web.orders.history import CODES, SOURCE
from web.orders.services import import_orders


class Command(BaseCommand):
    """Imports closed orders of other books, batch by batch; exit code 1 where a line was wrong."""

    help = "Import closed orders, a JSON object a line (docs/operations.md), without actors. Twice is once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="JSON lines, UTF-8; - is standard input")
        parser.add_argument(
            "--source", default="history", help="whose books: a word, part of what an order is known by"
        )
        parser.add_argument("--dry-run", action="store_true", help="try everything, keep nothing")
        parser.add_argument("--batch", type=int, default=500, help="so many lines are all imported, or none of them")

    def handle(self, *, file: str, source: str, dry_run: bool, batch: int, **options: Any) -> None:
        if not re.fullmatch(SOURCE, source):
            raise CommandError("--source is a word of a-z, 0-9 and -, of 20 characters at most")
        if batch < 1:
            raise CommandError("--batch must be positive")
        imported = known = wrong = 0
        for lines in _batches(_numbered(file), batch):
            report = import_orders(source=source, lines=lines, dry_run=dry_run)
            imported, known, wrong = imported + report.imported, known + report.known, wrong + len(report.problems)
            for one in report.problems:
                at = f" in {one.field}" if one.field else ""
                self.stdout.write(f"line {one.number}: {one.code}{at}: {CODES[one.code]}")
            if report.problems:
                self.stdout.write(f"nothing of lines {lines[0][0]} to {lines[-1][0]} was imported")
        would = "would be imported" if dry_run else "imported"
        self.stdout.write(f"{imported} {would}, {known} known, {wrong} problems")
        if wrong:
            raise CommandError(f"{wrong} problems", returncode=1)


def _numbered(file: str) -> Iterator[tuple[int, str]]:
    try:
        with _opened(file) as lines:
            yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {type(error).__name__}") from None


def _opened(file: str) -> IO[str]:
    return sys.stdin if file == "-" else Path(file).open(encoding="utf-8")


def _batches(lines: Iterator[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    while some := list(islice(lines, size)):
        yield some
