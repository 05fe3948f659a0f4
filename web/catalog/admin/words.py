"""同义词 and 需求词."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.text import Truncator
from unfold.widgets import UnfoldAdminTextareaWidget

from web.accounts.models import User
from web.catalog import selectors, services
from web.catalog.models import Need, Synonym
from web.ops.base import OpsAdmin
from web.ops.decorators import display
from web.ops.forms import OpsForm
from web.ops.parts import Parts

SHOWN = 80
"""Characters of a phrase in the list."""


@admin.register(Synonym)
class SynonymAdmin(OpsAdmin):
    """同义词."""

    list_display = ("shown_words",)
    fields = ("words",)
    search_fields = ("words",)
    removable = True

    def visible_to(self, actor: User) -> QuerySet[Synonym]:
        """All staff see them."""
        return selectors.words_for(actor, Synonym)

    @display(description="词语")
    def shown_words(self, row: Synonym) -> str:
        """All of the group."""
        return "、".join(row.words)

    def write(self, actor: User, row: Synonym, said: Mapping[str, Any], parts: Parts) -> Synonym:
        """At once: the index is built anew aside."""
        return services.put_synonym(words=said["words"], row=row if row.pk else None)

    def remove(self, actor: User, row: Synonym) -> None:
        """Forgotten."""
        services.remove_words(row=row)


class NeedForm(OpsForm):
    """Says how a phrase may leave a choice."""

    class Meta:
        help_texts: ClassVar[dict[str, str]] = {
            "phrase": "用户的说法，如「马桶堵了」；也可以写成几部分，每部分用 / 列出可选的词，如「马桶/蹲坑 堵/满/溢」",
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {"phrase": UnfoldAdminTextareaWidget(attrs={"rows": 4})}


@admin.register(Need)
class NeedAdmin(OpsAdmin):
    """需求词."""

    form = NeedForm

    list_display = ("shown_phrase", "shown_words")
    fields = ("phrase", "words")
    search_fields = ("phrase", "words")
    removable = True

    def visible_to(self, actor: User) -> QuerySet[Need]:
        """All staff see them."""
        return selectors.words_for(actor, Need)

    @display(description="说法", ordering="phrase")
    def shown_phrase(self, row: Need) -> str:
        """The beginning of one with many choices."""
        return Truncator(row.phrase).chars(SHOWN)

    @display(description="对应的服务词")
    def shown_words(self, row: Need) -> str:
        """The most fitting first."""
        return "、".join(row.words)

    def write(self, actor: User, row: Need, said: Mapping[str, Any], parts: Parts) -> Need:
        """At once: the index is built anew aside."""
        return services.put_need(phrase=said["phrase"], words=said["words"], row=row if row.pk else None)

    def remove(self, actor: User, row: Need) -> None:
        """Forgotten."""
        services.remove_words(row=row)
