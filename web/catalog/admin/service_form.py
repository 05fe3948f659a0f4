"""The forms of a service's draft, and of its parts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from web.catalog import selectors
from web.catalog.admin.pictures import checked_picture
from web.catalog.bounds import FAULTS, beyond
from web.catalog.keys import key_of
from web.ops.forms import OpsForm, PartForm


class KeyedForm(PartForm):
    """A part that orders name by its key, which is made of its name where nobody says it."""

    def clean(self) -> dict[str, Any]:
        """`key` is never empty."""
        said = super().clean() or {}
        if said.get("name") and not said.get("key"):
            said["key"] = key_of(said["name"])
        return said


class PriceItemForm(KeyedForm):
    """What may be added."""

    def clean_max_quantity(self) -> int:
        """One at least: nothing else can be added."""
        quantity: int = self.cleaned_data["max_quantity"]
        if quantity < 1:
            raise ValidationError("至少为 1")
        return quantity


class ServiceForm(OpsForm):
    """A draft."""

    skill = forms.ChoiceField(
        label="所需技能", choices=lambda: list(selectors.skill_names().items()), widget=UnfoldAdminSelectWidget
    )

    def clean_photo(self) -> str:
        """One that is there."""
        return checked_picture(self.cleaned_data["photo"])

    def clean(self) -> dict[str, Any]:
        """No more than its bounds allow; of its parts the service counts how many there are."""
        said = super().clean() or {}
        for name, value in list(said.items()):
            for code in beyond(name, value):
                self.add_error(name, FAULTS[code])
        return said
