"""What templates of the back office ask for."""

from typing import Any

from django import template
from django.db.models import Model

register = template.Library()


@register.filter
def called(thing: Any) -> str:
    """A row as its page calls it; anything else as it says itself."""
    from web.ops import values

    return values.called(thing) if isinstance(thing, Model) else str(thing)
