"""A form that was refused: what is wrong with it, and where, on a page of many tabs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.text import slugify

from web.ops.parts import goes

FIRST_TAB = "general"


@dataclass(frozen=True)
class Fault:
    """tab: as the page's addresses name it. where: from the tab to the field."""

    tab: str
    where: str
    what: str


def faults_of(form: Any, inlines: Iterable[Any]) -> Iterator[Fault]:
    """Of the row's fields, of its parts and of their parts. What is wrong with the row as a whole the page says."""
    if not form.is_bound:
        return
    yield from (fault for fault in _of_form(form, FIRST_TAB, []) if fault.where)
    for inline in inlines:
        yield from _of_parts(inline, slugify(inline.formset.prefix) if inline.opts.tab else FIRST_TAB, [])


def _of_parts(inline: Any, tab: str, above: list[str]) -> Iterator[Fault]:
    formset, here = inline.formset, [*above, str(inline.opts.verbose_name_plural)]
    yield from (_fault(tab, here, what) for what in formset.non_form_errors())
    for number, form in enumerate(formset.forms, 1):
        if goes(form):
            continue
        part = [*here, str(form.instance) if form.instance.pk else f"第 {number} 项"]
        yield from _of_form(form, tab, part)
        for inner in getattr(form, "nested_formsets", ()):
            yield from _of_parts(inner, tab, part)


def _of_form(form: Any, tab: str, here: list[str]) -> Iterator[Fault]:
    for name, errors in form.errors.items():
        field = [] if name == NON_FIELD_ERRORS else [str(form.fields[name].label)]
        yield from (_fault(tab, here + field, what) for what in errors)


def _fault(tab: str, where: list[str], what: str) -> Fault:
    return Fault(tab, " › ".join(where), what)
