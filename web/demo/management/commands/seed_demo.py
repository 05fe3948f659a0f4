"""`manage.py seed_demo [--speed 20] [--history 300] [--json]`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from web.demo.history import seed_history
from web.demo.seeding import seed


class Command(BaseCommand):
    """Seeds the demo's city and says who lives there."""

    help = "Seed the demo: Hangzhou, some 450 services, 30 workers, five members of staff. Twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=float, default=1.0, help="durations are divided by this, default 1")
        parser.add_argument(
            "--history", type=int, default=0, help="so many closed orders of the last 60 days, default 0"
        )
        parser.add_argument("--json", action="store_true", help="print the people as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] <= 0:
            raise CommandError("--speed must be positive")
        people = seed(speed=options["speed"])
        seed_history(city=people["city"], orders=options["history"])
        if options.get("json"):
            self.stdout.write(json.dumps(people, ensure_ascii=False))
        else:
            self._tell(people)

    def _tell(self, people: dict[str, Any]) -> None:
        self.stdout.write("people of the demo:")
        for person in people["staff"]:
            self.stdout.write(f"  {person['name']}: username {person['username']}, password {person['password']}")
        workers = people["workers"]
        self.stdout.write(f"  {len(workers)} workers: phones {workers[0]['phone']} to {workers[-1]['phone']}")
        first, last = people["customers"]["phones"]
        self.stdout.write(f"  customers: any phone, the demo's own are {first} to {last}")
        self.stdout.write("  the back office asks for a code as well, and its page shows it")
        self.stdout.write("  login codes of phones are shown where they are asked for; no SMS is sent")
