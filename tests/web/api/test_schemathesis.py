"""Schemathesis against a real server, as each role: boundary values, wrong methods, missing tokens, fuzz.

By its command line, because under pytest it ignores its seed. Its check `positive_data_acceptance` is left out: JSON
Schema cannot say what a phone number, a right code or a taken hour is, so a body that fits it may well be refused.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from config.stack.embedded import Stack
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker, token_of
from web.api import api
from workflows.transitions import Role

LIMIT_S = 180
"""Far above what a role takes (8 s alone on 2 cores): a hanging server fails the test, a busy machine does not."""

SEED = "20261123"


@pytest.fixture
def tokens() -> dict[Role, str]:
    """A person of each role, in a city with something to sell."""
    make_city()
    make_service()
    customer = make_customer()
    make_address(customer)
    users = {Role.CUSTOMER: customer, Role.WORKER: make_worker(on_duty=True).user, Role.STAFF: make_staff()}
    return {role: token_of(user) for role, user in users.items()}


def operations_of(role: Role) -> list[str]:
    """The operations to try as that role; what anybody may ask is tried as a customer."""
    chosen = []
    for operations in api.get_openapi_schema(path_prefix="/api/")["paths"].values():
        for operation in operations.values():
            roles = operation["x-roles"]
            asked_as = Role.CUSTOMER if not roles or Role.CUSTOMER in roles else Role(roles[0])
            if asked_as is role:
                chosen.append(operation["operationId"])
    return chosen


def run(address: str, *, role: Role, token: str, folder: Path) -> str:
    """What it found, "" if nothing."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/openapi.json"]
    options = [
        f"--header=Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing",
        "--exclude-checks=positive_data_acceptance",
        "--max-examples=4",
        f"--seed={SEED}",
        "--no-color",
        *[f"--include-operation-id={name}" for name in operations_of(role)],
    ]
    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    return "" if done.returncode == 0 else f"as {role}:\n{done.stdout[-8_000:]}{done.stderr[-2_000:]}"


@pytest.mark.django_db(transaction=True)
def test_no_input_breaks_the_contract(tokens: dict[Role, str], stack: Stack, tmp_path: Path) -> None:
    address = stack.start_server("api")
    for role, token in tokens.items():
        found = run(address, role=role, token=token, folder=tmp_path)
        assert not found, found


def test_every_operation_is_tried_as_somebody() -> None:
    tried = [name for role in (Role.CUSTOMER, Role.WORKER, Role.STAFF) for name in operations_of(role)]
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"].values()
    assert sorted(tried) == sorted(one["operationId"] for operations in paths for one in operations.values())
