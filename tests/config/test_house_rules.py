"""The rules of the house find what is planted."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import house_rules


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import transaction\nwith transaction.atomic(): pass",
        "from django.db import transaction\n@transaction.atomic\ndef place_order(): ...",
        "from django.db import transaction as t\nwith t.atomic(durable=True): pass",
        "from django.db.transaction import atomic\nwith atomic(): pass",
        "from django.db.transaction import atomic as whole",
        "from django.db.transaction import *",
        "import django.db.transaction as tx\ntx.atomic",
        "import django.db.transaction\ndjango.db.transaction.atomic()",
        "def late():\n    from django.db import transaction\n    with transaction.atomic(): pass",
    ],
)
def test_a_bare_transaction_is_found_under_any_name(source: str) -> None:
    assert house_rules.atomic_lines(source)


@pytest.mark.parametrize(
    "source",
    [
        "import hub\nwith hub.atomic(): pass",
        "from django.db import transaction\ntransaction.on_commit(print)",
        "# transaction.atomic is not used here\nx = 'transaction.atomic'",
    ],
)
def test_what_is_no_bare_transaction_is_left_alone(source: str) -> None:
    assert house_rules.atomic_lines(source) == []


def test_the_file_and_line_are_named(tmp_path: Path) -> None:
    path = tmp_path / "services.py"
    path.write_text("from django.db import transaction\n\nwith transaction.atomic():\n    pass\n")
    assert house_rules.bare_atomics([path]) == [f"{path}:3: transaction.atomic in a service: use hub.atomic()"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("Order.objects.filter(pk=1).update(phase='X')", [1]),
        ("x = 1\nOrder.objects.create()", [2]),
        ("offer.order.save(update_fields=['phase'])", [1]),
        ("order.delete()", [1]),
        (
            "Order.objects.filter(pk=1).exists()\nOffer.objects.filter(order=order).update(state='open')\nalarm.save()",
            [],
        ),
    ],
)
def test_a_write_past_an_orders_timeline_is_found(source: str, lines: list[int], tmp_path: Path) -> None:
    path = tmp_path / "late.py"
    path.write_text(source)
    found = house_rules.order_writes([path])
    assert [line.split(":")[1] for line in found] == [str(line) for line in lines]


class SyncOnly:
    async_capable = False

    def __init__(self, get_response: object) -> None: ...


class OnlyPromises:
    """Says that it is async-capable, as its base class does, and answers synchronously."""

    async_capable = True

    def __init__(self, get_response: object) -> None: ...

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


def plain_function(get_response: object) -> None: ...


@pytest.mark.parametrize("name", ["SyncOnly", "OnlyPromises", "plain_function"])
def test_a_middleware_that_is_only_synchronous_is_found(name: str) -> None:
    path = f"{__name__}.{name}"
    assert house_rules.sync_middlewares([path]) == [f"MIDDLEWARE: {path} is not async-capable"]


def test_all_of_ours_are_async_capable() -> None:
    assert house_rules.sync_middlewares(settings.MIDDLEWARE) == []


def test_a_registrys_address_in_an_npm_lock_is_found(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    packages = {"node_modules/vue": {"resolved": "somewhere"}, "node_modules/own": {"resolved": "../own", "link": True}}
    lock.write_text(json.dumps({"packages": packages}))
    assert house_rules.outside_addresses([lock]) == [f"{lock}: node_modules/vue has `resolved`"]
