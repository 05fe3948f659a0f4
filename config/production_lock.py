"""Prints the part of requirements.lock that a server needs: no embedded services, no people, no test tools.

    python -m config.production_lock > production.lock

Standard library only: the image is built with it. A locked package is kept when pyproject.toml's own dependencies name
it, or when a kept package is among those that it is there "via".
"""

import re
import tomllib
from dataclasses import dataclass

from config.home import CLONE

_NAME = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:[=<>!~;@]|$)")
_VIA = re.compile(r"^\s*#\s+(?:via\s+)?(\S+)")


@dataclass(frozen=True)
class Locked:
    """One entry of the lock: a name may have several, for different machines."""

    name: str
    text: str
    via: frozenset[str]


def main() -> None:
    print(production_lock())


def production_lock() -> str:
    project = tomllib.loads((CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    roots = {normal(requirement) for requirement in project["dependencies"]}
    return "\n".join(entry.text for entry in needed(entries((CLONE / "requirements.lock").read_text()), roots))


def entries(lock: str) -> list[Locked]:
    blocks: list[list[str]] = []
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    return [Locked(normal(block[0]), "\n".join(block), _via(block)) for block in blocks]


def needed(locked: list[Locked], roots: set[str]) -> list[Locked]:
    """The entries reachable from `roots`, in the order of the lock."""
    kept = set(roots)
    while more := {entry.name for entry in locked if entry.via & kept} - kept:
        kept |= more
    return [entry for entry in locked if entry.name in kept]


def _via(block: list[str]) -> frozenset[str]:
    matches = (_VIA.match(line) for line in block[1:])
    return frozenset(normal(match[1]) for match in matches if match and match[1] not in ("via", "doorbell"))


def normal(requirement: str) -> str:
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}")
    return re.sub(r"[-_.]+", "-", match[1]).lower()


if __name__ == "__main__":
    main()
