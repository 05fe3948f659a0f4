"""The outsider tries every operation that the OpenAPI names: without a token, in the wrong role, and as a stranger."""

import json
from typing import Any

import pytest

from tests.web.api.world import NOBODYS, PUBLIC, World, make_world
from tests.web.people import Api, make_customer, make_staff, make_worker, refusal
from web.accounts.models import User
from web.api import api
from workflows.transitions import Role

pytestmark = pytest.mark.django_db

OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, operations in api.get_openapi_schema(path_prefix="/api/")["paths"].items()
    for method, operation in operations.items()
}
ROLES = (Role.CUSTOMER, Role.WORKER, Role.STAFF)
IN_BODY = {
    "POST /api/quotes/workers",
    "POST /api/orders",
    "POST /api/gifts/{gift_id}/exchange",
}
"""They name somebody's address in their body."""
BY_QUERY = {
    "GET /api/services/{service_id}/slots": "city=hangzhou&lng=120.15&lat=30.27&day=2026-11-24",
    "GET /api/home": "city=hangzhou",
    "GET /api/home/preview": "city=hangzhou",
    "GET /api/search": "q=空调",
    "GET /api/search/suggestions": "q=空调",
    "GET /api/search/hot": "city=hangzhou",
    "GET /api/orders/{order_id}/slots": "day=2026-11-24",
    "GET /api/orders/{order_id}/quote": "address_id={address_id}",
    "GET /api/orders/{order_id}/at": "time=2999-01-01T00:00:00Z",
    "GET /api/worker/statement": "day=2026-11-24",
    "GET /api/workers/{worker_id}/statement": "day=2026-11-24",
}
"""They name it in their query, or need something there."""


def foreign() -> list[tuple[str, Role]]:
    """(operation, role that may ask it) of all that name something of somebody's."""
    named = [
        operation
        for operation in OPERATIONS
        if path_parameters(operation) - NOBODYS
        or operation in IN_BODY
        or (operation in BY_QUERY and "address_id" in BY_QUERY[operation])
    ]
    return [(operation, Role(role)) for operation in named for role in OPERATIONS[operation]["x-roles"]]


def path_parameters(operation: str) -> set[str]:
    return {one["name"] for one in OPERATIONS[operation]["parameters"] if one["in"] == "path"}


def names_an_order(operation: str) -> bool:
    """Somebody else's order, offer or command does not exist: 404, and never 403."""
    return bool(path_parameters(operation) & {"order_id", "offer_id", "command_id"})


def entitled(world: World, role: Role) -> User:
    """The somebody himself, of that role."""
    return {Role.CUSTOMER: world.customer, Role.WORKER: world.worker}.get(role) or make_staff(city="hangzhou")


def stranger(role: Role) -> User:
    """Of the right role and in the wrong place."""
    if role is Role.CUSTOMER:
        return make_customer()
    return make_worker(on_duty=True).user if role is Role.WORKER else make_staff(city="shanghai")


def ask(user: User | None, operation: str, world: World, *, query: str = "") -> Any:
    method = operation.split(" ", 1)[0]
    path = world.path(operation)
    if operation in BY_QUERY:
        path += "?" + BY_QUERY[operation].format(**world.ids)
    if query:
        path += ("&" if "?" in path else "?") + query
    asker = Api(user)
    headers = {"idempotency-key": "an-outsiders-key", "content-type": "application/json"}
    if asker.token:
        headers["authorization"] = f"Bearer {asker.token}"
    body = json.dumps(world.bodies.get(operation, {})) if "requestBody" in OPERATIONS[operation] else b""
    return asker.client.generic(method, f"/api{path}", body, "application/json", headers=headers)


def test_only_what_is_listed_needs_no_login() -> None:
    assert {operation for operation, details in OPERATIONS.items() if not details.get("security")} == PUBLIC


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - PUBLIC))
def test_without_a_token_nothing_opens(operation: str) -> None:
    assert refusal(ask(None, operation, make_world())) == (401, "unauthenticated")


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - PUBLIC))
def test_the_wrong_role_is_refused(operation: str) -> None:
    world = make_world()
    for role in set(ROLES) - {Role(role) for role in OPERATIONS[operation]["x-roles"]}:
        assert refusal(ask(stranger(role), operation, world)) == (403, "forbidden"), role


@pytest.mark.parametrize(("operation", "role"), foreign())
def test_a_stranger_of_the_right_role_finds_nothing(operation: str, role: Role) -> None:
    world = make_world()
    answers = {(404, "not_found"), (403, "forbidden")} - ({(403, "forbidden")} if names_an_order(operation) else set())
    assert refusal(ask(stranger(role), operation, world)) in answers


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_parameter_that_nobody_knows_is_refused(operation: str) -> None:
    """As an unknown field of a body is: a misspelt filter would else show everything."""
    world, roles = make_world(), OPERATIONS[operation]["x-roles"]
    somebody = entitled(world, Role(roles[0])) if roles else None
    answer = ask(somebody, operation, world, query="gruop=done")
    assert refusal(answer) == (422, "invalid_request")
    assert [field["field"] for field in json.loads(answer.content)["details"]["fields"]] == ["gruop"]


@pytest.mark.parametrize(("operation", "role"), foreign())
def test_what_is_not_there_looks_the_same(operation: str, role: Role) -> None:
    world = make_world()
    as_it_is = ask(stranger(role), operation, world)
    world.ids = {name: 10**9 if isinstance(value, int) else "nowhere" for name, value in world.ids.items()}
    for body in world.bodies.values():
        body.update({name: 10**9 for name in body if name.endswith("_id")})
    missing = ask(stranger(role), operation, world)
    assert (missing.status_code, missing.content) == (as_it_is.status_code, as_it_is.content)


def reaches_an_actor(operation: str) -> bool:
    """Commands and payments go on to Temporal: tests/web/orders asks these as the right person."""
    return "202" in map(str, OPERATIONS[operation]["responses"]) or operation in {
        "POST /api/orders",
        "POST /api/orders/{order_id}/pay",
        "POST /api/orders/{order_id}/proposals/{proposal_id}/pay",
        "POST /api/orders/{order_id}/tip/pay",
        "POST /api/sandbox/payments/{payment_id}/pay",
        "POST /api/sandbox/withdrawals/{withdrawal_id}/confirm",
        "POST /api/compensations/{compensation_id}/pay-out",
        "POST /api/withdrawals/{withdrawal_id}/review",
        "POST /api/withdrawals/{withdrawal_id}/retry",
        "POST /api/refunds/{refund_id}/retry",
    }


OF_THE_CUSTOMER = {("GET /api/commands/{command_id}", Role.WORKER), ("GET /api/commands/{command_id}", Role.STAFF)}
"""Everybody reads his own commands, and the world's one is the customer's."""


@pytest.mark.parametrize(
    ("operation", "role"), [one for one in foreign() if not reaches_an_actor(one[0]) and one not in OF_THE_CUSTOMER]
)
def test_the_somebody_finds_it(operation: str, role: Role) -> None:
    """Or the tests above would pass on anything."""
    world = make_world()
    assert ask(entitled(world, role), operation, world).status_code in {200, 201, 204}


@pytest.mark.parametrize(
    ("operation", "role"), [one for one in foreign() if names_an_order(one[0]) and one not in OF_THE_CUSTOMER]
)
def test_for_whom_it_is_it_exists(operation: str, role: Role) -> None:
    """Whatever the order says to the move: commands are stored and answered, Temporal being away, with 202 or 409."""
    world = make_world()
    assert ask(entitled(world, role), operation, world).status_code in {200, 201, 202, 204, 409}
