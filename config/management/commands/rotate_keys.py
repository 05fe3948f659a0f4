from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import secrets

LISTS = {"jwt": "jwt_keys", "hub": "hub_keys", "field": "field_keys"}


class Command(BaseCommand):
    help = (
        "Adds a key in front of a list: it signs from the next start on, the older ones still verify, nobody is logged "
        "out. --retire drops all but the newest: what they signed or encrypted is refused from then on."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("which", choices=sorted({*LISTS, "django"}))
        parser.add_argument("--retire", action="store_true", help="drop the older keys instead of adding one")

    def handle(self, *, which: str, retire: bool, **options: Any) -> None:
        home = settings.ENVIRONMENT.home
        try:
            old = secrets.load_or_create(home)
            secrets.replace(home, self.retired(old, which) if retire else self.rotated(old, which))
        except secrets.SecretsError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{which}: {'older keys dropped' if retire else 'new key added'}; now restart every process")

    def rotated(self, old: secrets.Secrets, which: str) -> secrets.Secrets:
        if which == "django":
            return old.model_copy(update={"django_key": secrets.new_key(), "django_old_key": old.django_key})
        new = secrets.new_field_key() if which == "field" else secrets.new_key()
        return old.model_copy(update={LISTS[which]: (new, *getattr(old, LISTS[which]))})

    def retired(self, old: secrets.Secrets, which: str) -> secrets.Secrets:
        if which == "django":
            return old.model_copy(update={"django_old_key": None})
        if which == "field":
            # Rows written with an older key would be lost: no command re-encrypts them yet.
            raise CommandError("field keys are never retired here: rows may still be encrypted with them")
        return old.model_copy(update={LISTS[which]: getattr(old, LISTS[which])[:1]})
