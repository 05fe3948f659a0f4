"""Form fields for what our columns hold: fen shown as yuan, seconds as minutes, lists as lines."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from web.catalog import selectors as catalog
from web.times import in_minutes

FEN = Decimal(100)


class YuanField(forms.DecimalField):
    """¥ with two places; its value is integer fen."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"max_digits": 9, "decimal_places": 2, "widget": UnfoldAdminDecimalFieldWidget} | kwargs
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Fen come from the row, a text from the form."""
        return f"{Decimal(value) / FEN:.2f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Fen."""
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * FEN)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As money."""
        return super().has_changed(None if initial is None else Decimal(initial) / FEN, data)


class MinutesField(forms.FloatField):
    """Minutes, with a part of one where there is one (a demo's are short); its value is whole seconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"min_value": 0, "widget": UnfoldAdminIntegerFieldWidget} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        """Seconds come from the row, a text from the form."""
        return in_minutes(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Seconds."""
        minutes = super().clean(value)
        return None if minutes is None else round(minutes * 60)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As minutes."""
        return super().has_changed(None if initial is None else float(in_minutes(initial)), data)


class LinesField(forms.CharField):
    """One text a line; its value is a list of texts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"widget": UnfoldAdminTextareaWidget({"rows": 4})} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        """A list comes from the row, a text from the form."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        """Without empty lines."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As lines."""
        return super().has_changed("\n".join(map(str, initial or [])), "\n".join((data or "").split("\r\n")))


class CityField(forms.ChoiceField):
    """A city by its code, asked for anew in each form; first: what stands before the cities, (value, label) each."""

    def __init__(self, *, first: Sequence[tuple[str, str]] = (("", "全部城市"),), **kwargs: Any) -> None:
        def choices() -> list[tuple[str, str]]:
            return [*first, *((city.code, city.name) for city in catalog.cities())]

        own = {"label": "城市", "required": False, "widget": UnfoldAdminSelectWidget}
        super().__init__(choices=choices, **(own | kwargs))
