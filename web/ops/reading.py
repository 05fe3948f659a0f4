"""A row that is only read: its columns in words."""

import json
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Field, FileField, ForeignKey, JSONField, Model
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from unfold.fields import UnfoldAdminReadonlyField

from web.ops.values import NOTHING, called, in_words, said_in_words


class ReadField(UnfoldAdminReadonlyField):
    """A column of a row, or what its form works out of it: ¥ for fen, minutes for seconds, names for codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if said := self._said_by_form():
            self.field["label"] = said.label

    def _get_contents(self) -> SafeString:
        said = self._said_by_form()
        if said and self.field["name"] in self.form.initial:
            return conditional_escape(said_in_words(said, self.form.initial[self.field["name"]]))
        if not isinstance(self.resolved_field, tuple):
            return cast("SafeString", super()._get_contents())
        field, _, value = self.resolved_field
        if isinstance(field, ForeignKey) and isinstance(value, Model) and type(value) not in admin.site._registry:
            return conditional_escape(called(value))
        if not isinstance(field, Field) or isinstance(field, ForeignKey | FileField) or isinstance(value, bool):
            return cast("SafeString", super()._get_contents())
        if field.name == "city" and hasattr(self.model_admin, "shown_city"):
            return conditional_escape(self.model_admin.shown_city(self.form.instance))
        if value is None or value == "":
            return conditional_escape(NOTHING)
        if isinstance(field, JSONField) and isinstance(value, dict):
            text = json.dumps(value, ensure_ascii=False, indent=2)
            return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}</pre>', text)
        if isinstance(said, forms.ChoiceField):
            return conditional_escape(said_in_words(said, value))
        return conditional_escape(in_words(field, value))

    def _said_by_form(self) -> forms.Field | None:
        """The form's own field of that name, which a page that only reads has not."""
        declared: dict[str, forms.Field] = getattr(self.model_admin.form, "declared_fields", {})
        return declared.get(self.field["name"])
