"""Unfold's decorators, with types."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

from unfold import decorators

F = TypeVar("F", bound=Callable[..., object])


def display(
    *, description: str, ordering: str | None = None, label: Mapping[str, str] | None = None, header: bool = False
) -> Callable[[F], F]:
    """A column that is worked out. label: the colour of each value."""
    more: dict[str, object] = {"header": True} if header else {}
    return cast("Callable[[F], F]", decorators.display(description=description, ordering=ordering, label=label, **more))


def action(*, description: str, url_path: str, permissions: Sequence[str] = ("view",)) -> Callable[[F], F]:
    """A button on a row's page, with a page of its own below the row's. permissions: one must have them all there."""
    return cast(
        "Callable[[F], F]", decorators.action(description=description, url_path=url_path, permissions=permissions)
    )
