"""A batch of coupons to choose: of those that run, are had in one way, and are its reader's."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from web.marketing.models import CouponKind
from web.marketing.models.campaign import LIVE


class CouponField(forms.TypedChoiceField):
    """Its value is the batch's number, None for `nothing`. Its form says which there are: `offer`."""

    def __init__(self, *, nothing: str, **kwargs: Any) -> None:
        self.nothing = nothing
        own = {"required": False, "coerce": int, "empty_value": None, "widget": UnfoldAdminSelectWidget}
        super().__init__(choices=[("", nothing)], **(own | kwargs))

    def offer(self, kinds: QuerySet[CouponKind], *, how: str, chosen: int | None) -> None:
        """Of these the ones that run and are had that way; and what is chosen already, whatever became of it."""
        over = Q(until_at__lte=timezone.now())
        running = kinds.filter(how=how, state=LIVE).exclude(over).order_by("-pk")
        choices: list[tuple[int | str, str]] = [(kind.pk, kind.name) for kind in running]
        if chosen is not None and chosen not in {pk for pk, _ in choices}:
            name = CouponKind.objects.filter(pk=chosen).values_list("name", flat=True).first()
            choices.insert(0, (chosen, f"{name or chosen}（已选，现在不能发放）"))
        self.choices = [("", self.nothing), *choices]
