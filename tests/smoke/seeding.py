"""Runs as a process of its own on the new database, so that whoever watches never loads the platform's code.

python -m tests.smoke.seeding OUTPUT     (JSON: {skill: id of its service})
"""

import json
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from tests.smoke import scripts


def main() -> None:
    """Migrate, then put the city and its people there."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    Path(sys.argv[1]).write_text(json.dumps(_seed()))


def _seed() -> dict[str, int]:
    # Its models can be imported only now.
    from tests.world import seeds

    seeds.make_city(scripts.TERMS)
    for crew in scripts.CREWS:
        for number in range(crew.first, crew.last + 1):
            seeds.make_worker(number, skills=crew.skills, on_duty=crew.on_duty)
    for username in scripts.DISPATCHERS:
        seeds.make_dispatcher(username)
    services = {}
    for skill in sorted({script.skill for _, script in scripts.FATES}):
        service = seeds.make_service(skill=skill, price_fen=scripts.PRICE_FEN, steps=scripts.STEPS)
        seeds.give_terms(service, scripts.TERMS_OF.get(skill, {}))
        services[skill] = service.pk
    return services


if __name__ == "__main__":
    main()
