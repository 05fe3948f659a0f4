from typing import Any

from django.core.management.base import BaseCommand, CommandError

from web.orders.past import unrecorded


class Command(BaseCommand):
    help = "Rebuilds every order from its timeline and holds it against its row: they must be equal in every column."

    def handle(self, **options: Any) -> None:
        wrong = unrecorded()
        if wrong:
            lines = [f"order {order_id}: {', '.join(names)}" for order_id, names in sorted(wrong.items())]
            raise CommandError("written past the timeline:\n" + "\n".join(lines))
        self.stdout.write("every order is what its timeline says")
