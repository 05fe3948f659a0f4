"""Services of our own, shared by the tests that kill them: each leaves them running and well."""

from collections.abc import Iterator

import pytest

from config import secrets
from config.stack.embedded import Stack, embedded_stack


@pytest.fixture(scope="session")
def own() -> Iterator[Stack]:
    with embedded_stack(ephemeral=True, private=True, migrated=True) as stack:
        secrets.load_or_create(stack.home)
        yield stack
