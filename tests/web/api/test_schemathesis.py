"""Schemathesis against a real server, each operation as who may ask it: boundaries, wrong methods, no token, fuzz.

By its command line, because under pytest it ignores its seed. Its check `positive_data_acceptance` is left out: JSON
Schema cannot say what a phone number, a right code or a taken hour is, so a body that fits it may well be refused.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.stack.embedded import Stack
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker, token_of
from web.api import api
from workflows.transitions import Role

LIMIT_S = 600
"""Far above what it takes (about a minute on 2 free cores): a hanging server fails it, a busy machine does not."""

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


def config_of(tokens: dict[Role, str]) -> str:
    """schemathesis.toml: one run for all roles, each operation asked with the token of its role."""
    parts = ['[phases.coverage]\nunexpected-methods = ["OPTIONS", "TRACE"]\n']
    for role, token in tokens.items():
        names = json.dumps(operations_of(role))
        headers = f'{{ Authorization = "Bearer {token}" }}'
        parts.append(f"[[operations]]\ninclude-operation-id = {names}\nheaders = {headers}\n")
    return "\n".join(parts)


@pytest.mark.django_db(transaction=True)
def test_no_input_breaks_the_contract(tokens: dict[Role, str], stack: Stack, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(config_of(tokens))
    address = stack.start_server("api")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={config}",
        "run",
        f"{address}/api/openapi.json",
        "--phases=examples,coverage,fuzzing",
        "--exclude-checks=positive_data_acceptance",
        "--max-examples=4",
        f"--seed={SEED}",
        "--no-color",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]


def test_every_operation_is_tried_as_somebody() -> None:
    tried = [name for role in (Role.CUSTOMER, Role.WORKER, Role.STAFF) for name in operations_of(role)]
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"].values()
    assert sorted(tried) == sorted(one["operationId"] for operations in paths for one in operations.values())
