"""`manage.py correct_coupons`"""

from typing import Any

from django.core.management.base import BaseCommand

from web.ledger.corrections import correct_coupons


class Command(BaseCommand):
    """Prints each order that it corrects as a line."""

    help = "Once after an upgrade: what discounts cost that older versions gave back becomes a compensation."

    def handle(self, **options: Any) -> None:
        corrected = correct_coupons()
        for order_id, fen in corrected.items():
            self.stdout.write(f"order:{order_id}: {fen} from coupons to compensation")
        self.stdout.write(f"{len(corrected)} orders corrected")
