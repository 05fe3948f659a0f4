import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from temporalio.service import RPCError

from workflows import client


class Command(BaseCommand):
    help = (
        "After a deployment: every order's actor goes on in a new run, on the story as it is now. Harmless at any time."
    )

    def handle(self, **options: Any) -> None:
        try:
            told = asyncio.run(client.renew_orders())
        except (RPCError, RuntimeError) as error:
            raise CommandError(f"Temporal went away ({type(error).__name__}): repeat it, twice is harmless") from None
        self.stdout.write(f"{told} orders")
