"""django-ninja, held to our contract: strict JSON in, one error shape out, and a schema that says so."""

import json
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation, PathView
from ninja.parser import Parser
from ninja.router import BoundRouter
from ninja.types import DictStrAny
from ninja.utils import normalize_path

from web import answers
from web.errors import CODES, DoorbellError
from web.schemas import ErrorBody
from workflows.transitions import Role

UNSAFE = frozenset({"post", "put", "patch", "delete"})
PEOPLE = (Role.CUSTOMER, Role.WORKER, Role.STAFF)


class StrictParser(Parser):
    """JSON by the book: declared as JSON, no NaN, no endless nesting."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The parsed body. Raises DoorbellError, which reaches `answers.not_parsed` as a cause."""
        if request.content_type != "application/json":
            raise DoorbellError("unsupported_media_type")
        try:
            parsed: DictStrAny = json.loads(request.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise DoorbellError("malformed_json") from None
        return parsed


def _no_constant(name: str) -> None:
    raise ValueError(name)


class DoorbellAPI(NinjaAPI):
    """NinjaAPI whose every answer has our shape, those to unknown paths and methods included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parser=StrictParser(), **options)
        answers.install(self)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        # The last of django-ninja's is its root, which only lends its name to reverse() and answers Django's 404.
        *known, _ = super()._get_urls()
        return [*known, path("", answers.nothing_here, name="api-root"), re_path("", answers.nothing_here)]

    def _get_bound_routers(self) -> list[BoundRouter]:
        first_time = self._bound_routers_cache is None
        routers = super()._get_bound_routers()
        if first_time:
            for view in _one_view_per_path(routers):
                methods = {method for operation in view.operations for method in operation.methods}
                # django-ninja has no hook for its plain-text 405.
                setattr(view, "_not_allowed", lambda methods=methods: answers.method_not_allowed(methods))  # noqa: B010
                for operation in view.operations:
                    _refuse_unknown_parameters(operation)
        return routers

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: DictStrAny | None = None
    ) -> OpenAPISchema:
        """The schema, with the refusals that every operation of its kind may answer."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["ErrorBody"] = ErrorBody.model_json_schema()
        roles = self._roles()
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                operation["x-roles"] = roles[operation["operationId"]]
                _require_the_key(operation)
                for status in sorted(_refusal_statuses(method, operation)):
                    operation["responses"].setdefault(status, _refusal(status))
        return schema

    def _roles(self) -> dict[str, list[str]]:
        """Operation → who may ask it: roles, all of them where any login does, none where no login is needed."""
        return {
            operation.operation_id or self.get_openapi_operation_id(operation): _roles_of(operation)
            for router in self._get_bound_routers()
            for view in router.path_operations.values()
            for operation in view.operations
        }


def _require_the_key(operation: DictStrAny) -> None:
    """Who sends no Idempotency-Key is refused by its own code and not as a field that is missing: to django-ninja the
    header is optional, to a reader of the schema it must not be."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"].pop("default", None)


def _refuse_unknown_parameters(operation: Operation) -> None:
    """A query is as strict as a body. django-ninja looks at the names that it knows and has no hook for the others."""
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }
    read = operation._get_values

    def read_strictly(request: HttpRequest, *arguments: Any) -> DictStrAny:
        unknown = [
            {"loc": ("query", name), "type": "extra_forbidden", "msg": "Extra inputs are not permitted"}
            for name in sorted(request.GET.keys() - known)
        ]
        if unknown:
            raise ValidationError(unknown)
        return read(request, *arguments)

    setattr(operation, "_get_values", read_strictly)  # noqa: B010


def _roles_of(operation: Operation) -> list[str]:
    if not operation.auth_callbacks:
        return []
    roles = {str(role) for callback in operation.auth_callbacks for role in getattr(callback, "roles", ())}
    return sorted(roles or map(str, PEOPLE))


def _one_view_per_path(routers: list[BoundRouter]) -> list[PathView]:
    """Joins the operations that several routers have at one path: Django asks the first one only, which says 405."""
    views: dict[str, PathView] = {}
    for router in routers:
        for route, view in list(router.path_operations.items()):
            known = views.setdefault(normalize_path(f"{router.prefix}/{route}"), view)
            if known is not view:
                known.operations += view.operations
                known.is_async |= view.is_async
                del router.path_operations[route]
    return list(views.values())


def _refusal_statuses(method: str, operation: DictStrAny) -> set[int]:
    statuses = {422, 429, 500, 503}
    if operation.get("security"):
        statuses |= {401, 403}
    if operation.get("requestBody"):
        statuses |= {400, 415}
    if operation.get("parameters"):
        statuses.add(404)
    if method in UNSAFE:
        statuses.add(409)
    return statuses


def _refusal(status: int) -> DictStrAny:
    codes = ", ".join(f"`{code}`" for code, kind in CODES.items() if kind.status == status)
    schema = {"$ref": "#/components/schemas/ErrorBody"}
    return {"description": f"Refused: {codes}", "content": {"application/json": {"schema": schema}}}


def refusals(*codes: str) -> DictStrAny:
    """For `openapi_extra`: says in the schema which codes this very operation refuses with."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    described = {
        status: _refusal(status) | {"description": "Refused: " + ", ".join(f"`{code}`" for code in names)}
        for status, names in by_status.items()
    }
    return {"responses": described}
