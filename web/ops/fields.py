"""Form fields for what our columns hold: fen shown as yuan, seconds as minutes or in units, lists as lines."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Field
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from web.catalog import selectors as catalog
from web.times import in_minutes, in_units, seconds_of

FEN = Decimal(100)


def reads(field: forms.Field, said: Any) -> bool:
    """Whether that is something which the field can be filled in with."""
    try:
        field.clean(said)
    except ValidationError:
        return False
    return True


def may_be(column: Field[Any, Any], said: str) -> bool:
    """Whether a row may say so in that column: the database falls over a key that is no number."""
    try:
        column.clean(said, None)
    except ValidationError:
        return False
    return True


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


class DurationField(forms.CharField):
    """A duration as people say it, 1 天 12 小时; its value is seconds."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": 40} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        """Seconds come from the terms, a text from the form."""
        return in_units(value) if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        """Seconds; None for nothing."""
        said = super().clean(value)
        if not said:
            return None
        try:
            return seconds_of(said)
        except ValueError:
            raise ValidationError("请写时长和单位，如 15 分钟、1 天 12 小时", code="invalid") from None

    def in_words(self, value: float) -> str:
        """As it is typed."""
        return in_units(value)


class ClockField(forms.CharField):
    """A time of day, 22:00, and 24:00 for its end; its value is seconds after midnight."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """Seconds come from the terms, a text from the form."""
        return self.in_words(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Seconds; None for nothing."""
        said = super().clean(value)
        if not said:
            return None
        hours, colon, minutes = said.replace("：", ":").partition(":")
        if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
            raise ValidationError("请写成 22:00 的样子", code="invalid")
        at = int(hours) * 3_600 + int(minutes) * 60
        if int(minutes) > 59 or at > 86_400:
            raise ValidationError("没有这个时刻", code="invalid")
        return at

    def in_words(self, value: int) -> str:
        """As it is typed."""
        return f"{value // 3_600:02}:{value % 3_600 // 60:02}"


class PercentField(forms.DecimalField):
    """A part in %, with two places; its value is basis points."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"min_value": 0, "max_value": 100, "max_digits": 5, "decimal_places": 2}
        super().__init__(**(bounds | {"widget": UnfoldAdminDecimalFieldWidget} | kwargs))

    def prepare_value(self, value: Any) -> Any:
        """Basis points come from the terms, a text from the form."""
        return f"{value / 100:g}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Basis points; None for nothing."""
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)

    def in_words(self, value: int) -> str:
        """With its sign, where the label has none."""
        return f"{value / 100:g}%"


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


class LookedUp(AutocompleteSelect):
    """A row that is searched for while one types. Django asks the database for whatever was posted: what can be no key
    is no choice.
    """

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """The row that is chosen."""
        key = self.field.target_field
        return super().optgroups(name, [one for one in value if may_be(key, one)], attr)


class CityField(forms.ChoiceField):
    """A city by its code, asked for anew in each form; first: what stands before the cities, (value, label) each."""

    def __init__(self, *, first: Sequence[tuple[str, str]] = (("", "全部城市"),), **kwargs: Any) -> None:
        def choices() -> list[tuple[str, str]]:
            return [*first, *((city.code, city.name) for city in catalog.cities())]

        own = {"label": "城市", "required": False, "widget": UnfoldAdminSelectWidget}
        super().__init__(choices=choices, **(own | kwargs))
