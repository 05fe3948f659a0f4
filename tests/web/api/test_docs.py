"""The documentation: whole, and served by nobody else."""

import json
import re
from typing import Any

import pytest
from ninja.openapi.schema import OpenAPISchema

from tests.web.people import Api
from web.api import api
from web.errors import CODES


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return read


def test_the_page_asks_nobody_outside() -> None:
    page = Api().client.get("/api/docs").content.decode()
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert '"validatorUrl": null' in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)


def test_every_operation_declares_its_refusals(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            statuses = operation["responses"]
            assert {"500", "503"} <= set(statuses), (path, method)
            if "security" in operation:
                assert {"401", "403"} <= set(statuses), (path, method)
            if "requestBody" in operation:
                assert {"400", "415", "422"} <= set(statuses), (path, method)


def test_every_operation_has_a_name_of_its_own_and_a_sentence(
    schema: dict[str, Any],
) -> None:
    operations = [one for path in schema["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one.get("description") for one in operations)


def test_an_idempotency_key_is_shown_as_required(schema: dict[str, Any]) -> None:
    keys = [
        parameter
        for path in schema["paths"].values()
        for one in path.values()
        for parameter in one.get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    ]
    assert keys
    assert all(key["required"] and "default" not in key["schema"] for key in keys)


def test_every_body_refuses_unknown_fields(schema: dict[str, Any]) -> None:
    bodies = {
        one["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        for path in schema["paths"].values()
        for one in path.values()
        # A picture has no fields.
        if "application/json" in one.get("requestBody", {}).get("content", {})
    }
    schemas = schema["components"]["schemas"]
    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []


def test_refusals_that_are_named_are_known(schema: dict[str, Any]) -> None:
    named = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"Refused: [^\"]*", json.dumps(schema)))))
    assert named <= set(CODES)


def test_no_two_schemas_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[str]] = {}
    original = OpenAPISchema.add_schema_definitions

    def add_schema_definitions(self: OpenAPISchema, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            fields = set(definition.get("properties", {}))
            assert seen.setdefault(name, fields) == fields, name
        original(self, definitions)

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", add_schema_definitions)
    api.get_openapi_schema()
    assert seen
