"""A column that keeps terms, as people read it: in lists, on a row's page, and in the trail of edits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from pydantic import BaseModel, ValidationError

from web.ops.terms_fields import BLANK, Names, differing, leaves_of
from web.ops.values import Told
from web.orders.terms import stored

SHORT = 80


@dataclass(frozen=True)
class TermsColumn:
    """model, names: of what a row, or the edit of one, keeps there. called: the column, where it cannot be read."""

    model: Callable[[Any], type[BaseModel]]
    names: Callable[[Any], Names]
    called: str

    def read(self, data: Any, row: Any) -> BaseModel | None:
        """As it holds; None for what is older than some of our rules."""
        try:
            return stored(self.model(row), data)
        except ValidationError:
            return None

    def lines(self, data: Any, row: Any) -> dict[str, str]:
        """What is not so by default, by its place."""
        terms = self.read(data, row)
        if terms is None:
            return {self.called: str(data)}
        return {leaf.place: leaf.words for leaf in differing(terms, self.names(row))}

    def in_lines(self, values: Iterable[Any]) -> Told:
        """For `TOLD_IN_LINES`."""
        return self.lines

    def in_short(self, data: Any, row: Any) -> str:
        """For a list."""
        text = "；".join(f"{place} {words}" for place, words in self.lines(data, row).items())
        return "与默认相同" if not text else text if len(text) <= SHORT else f"{text[:SHORT]}…"

    def in_full(self, data: Any, row: Any) -> SafeString:
        """All that it says, a line each; what has no value, not even by default, is left out."""
        own, terms = self.lines(data, row), self.read(data, row)
        leaves = leaves_of(terms, self.names(row), spare=0) if terms else []
        lines = {**{leaf.place: leaf.words for leaf in leaves if leaf.value not in BLANK}, **own}
        return render_to_string("ops/terms.html", {"lines": lines.items(), "own": own})
