"""Rules of this project that no tool off the shelf checks. Each returns what is wrong as lines for people."""

import ast
import json
from collections.abc import Iterable
from inspect import isclass
from pathlib import Path

from django.utils.module_loading import import_string


def bare_atomics(files: Iterable[Path]) -> list[str]:
    """Uses of Django's own `atomic` in services: only `hub.atomic()` flushes the events inside the transaction."""
    wrong = []
    for path in sorted(files):
        wrong += [
            f"{path}:{line}: transaction.atomic in a service: use hub.atomic()"
            for line in atomic_lines(path.read_text())
        ]
    return wrong


def atomic_lines(source: str) -> list[int]:
    """The lines that import or use django.db.transaction.atomic, under whatever name."""
    tree = ast.parse(source)
    modules = {"django.db.transaction", *_names_of_transaction(tree)}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.transaction":
            lines += [node.lineno for name in node.names if name.name in ("atomic", "*")]
        if isinstance(node, ast.Attribute) and node.attr == "atomic" and ast.unparse(node.value) in modules:
            lines.append(node.lineno)
    return sorted(lines)


def _names_of_transaction(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.db":
            names |= {name.asname or name.name for name in node.names if name.name == "transaction"}
        if isinstance(node, ast.Import):
            names |= {name.asname for name in node.names if name.name == "django.db.transaction" and name.asname}
    return names


WRITES = {"create", "get_or_create", "update_or_create", "update", "delete", "bulk_create", "bulk_update"}


def order_writes(files: Iterable[Path]) -> list[str]:
    """Writes to an order's row elsewhere than where its timeline keeps them: it could not be rebuilt from that."""
    return [
        f"{path}:{line}: an order's row is written by a step's Change, or not at all (web/orders/past.py)"
        for path in sorted(files)
        for line in order_write_lines(path.read_text())
    ]


def order_write_lines(source: str) -> list[int]:
    """The lines that write through `Order.objects`, or save something that is named an order."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return sorted(node.lineno for node in calls if isinstance(node.func, ast.Attribute) and _writes_an_order(node.func))


def _writes_an_order(method: ast.Attribute) -> bool:
    on = ast.unparse(method.value)
    return (method.attr in WRITES and on.startswith("Order.objects")) or (
        method.attr in ("save", "delete") and on.rpartition(".")[2] == "order"
    )


def sync_middlewares(paths: Iterable[str]) -> list[str]:
    """Middlewares that cannot run in async: one of them costs every async request 0.5 to 0.9 ms."""
    return [f"MIDDLEWARE: {path} is not async-capable" for path in paths if not _async_capable(import_string(path))]


def _async_capable(middleware: object) -> bool:
    capable = bool(getattr(middleware, "async_capable", False))
    # A class may only inherit the promise and override __call__ with a synchronous one.
    own_call = isclass(middleware) and "__call__" in vars(middleware)
    return capable and not (own_call and not hasattr(middleware, "__acall__"))


def outside_addresses(locks: Iterable[Path]) -> list[str]:
    """npm lock entries with an address of a registry: whoever installs has their own."""
    wrong = []
    for path in sorted(locks):
        packages = json.loads(path.read_text())["packages"]
        wrong += [f"{path}: {name} has `resolved`" for name, entry in packages.items() if _fetched(entry)]
    return wrong


def _fetched(entry: dict[str, object]) -> bool:
    return "resolved" in entry and not entry.get("link")
