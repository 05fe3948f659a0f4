"""A row that is only read: its columns in words."""

import json
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Field, FileField, ForeignKey, JSONField, Model
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from unfold.fields import UnfoldAdminReadonlyField

from web.ops.values import NOTHING, called, in_words


class ReadField(UnfoldAdminReadonlyField):
    """A column of a row: ¥ for fen, minutes for seconds, names for codes."""

    def _get_contents(self) -> SafeString:
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
        if choices := self._choices_of_form(field.name):
            chosen = value if isinstance(value, list) else [value]
            return conditional_escape("、".join(str(choices.get(one, one)) for one in chosen) or NOTHING)
        return conditional_escape(in_words(field, value))

    def _choices_of_form(self, name: str) -> dict[Any, Any]:
        # What the form offers where the column itself knows no choices.
        said = getattr(self.model_admin.form, "declared_fields", {}).get(name)
        return dict(cast("Iterable[tuple[Any, Any]]", said.choices)) if isinstance(said, forms.ChoiceField) else {}
