"""For programs that need a stack and Django of their own: benches, and the recorder of histories."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django

from config.stack.embedded import Stack, embedded_stack


@contextmanager
def migrated_stack() -> Iterator[Stack]:
    """A private stack with an empty, migrated database, and this process's Django on it: import models inside only."""
    with embedded_stack(ephemeral=True, private=True, migrated=True, say=_say) as stack:
        os.environ.update(stack.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        yield stack


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
