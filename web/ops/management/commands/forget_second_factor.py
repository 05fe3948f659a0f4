"""For who has lost his phone and has no colleague who may reset it: he sets up another at his next sign-in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from web.accounts import selectors
from web.ops.signing_in import forget_second_factor


class Command(BaseCommand):
    help = "Forget the second factor of a member of staff; he sets up another at his next sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        staff = selectors.staff_named(options["username"])
        if staff is None:
            raise CommandError("no member of staff has that name")
        forget_second_factor(staff)
        self.stdout.write("forgotten")
