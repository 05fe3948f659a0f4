"""The HTTP API: /api/, its documentation at /api/docs, and the routers of the apps."""

from importlib import import_module
from importlib.util import find_spec

from ninja.openapi.docs import Swagger

from web.accounts.auth import SIGNED_IN
from web.openapi import DoorbellAPI

APPS = (
    "accounts",
    "catalog",
    "workforce",
    "orders",
    "payments",
    "ledger",
    "photos",
    "notifications",
    "marketing",
    "board",
)

api = DoorbellAPI(
    title="Doorbell 门铃",
    version="1",
    urls_namespace="api",
    description="Times are ISO 8601 in UTC, money is integer fen, coordinates are GCJ-02 degrees. "
    "Every refusal is `{code, message, details}`; codes are stable, messages are for people.",
    auth=SIGNED_IN,
    # Without the null, Swagger's page asks a validator on the internet about us.
    docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": True}),
)

for name in APPS:
    if find_spec(f"web.{name}.api"):
        api.add_router("", import_module(f"web.{name}.api").router, tags=[name])
