from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import house_rules

WRITE_ORDERS = tuple(f"web/orders/services/{name}.py" for name in ("steps", "placing", "importing"))
"""Where an order's row is written together with the event that keeps what was written."""


class Command(BaseCommand):
    help = "Checks what no tool does: transactions in services, writes to orders, middlewares, npm locks."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        clone = settings.BASE_DIR
        services = [*clone.glob("web/*/services.py"), *clone.glob("web/*/services/**/*.py")]
        locks = [*clone.glob("web/*/frontend/package-lock.json"), *clone.glob("client/package-lock.json")]
        wrong = [
            *house_rules.bare_atomics(services),
            *house_rules.order_writes(set(clone.glob("web/**/*.py")) - {clone / path for path in WRITE_ORDERS}),
            *house_rules.sync_middlewares(settings.MIDDLEWARE),
            *house_rules.outside_addresses(locks),
        ]
        if wrong:
            raise CommandError("\n".join(wrong))
