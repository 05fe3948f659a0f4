"""A batch of coupons to choose: of those that run and are had in one way."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from web.marketing.models import CouponKind
from web.marketing.models.campaign import LIVE


def coupon_field(how: str, *, label: str, nothing: str) -> forms.TypedChoiceField:
    """Asked for anew in each form; its value is the batch's number, None for `nothing`."""

    def choices() -> list[tuple[int | str, str]]:
        kinds = CouponKind.objects.filter(how=how, state=LIVE)
        return [("", nothing), *((kind.pk, kind.name) for kind in kinds)]

    return forms.TypedChoiceField(
        label=label, required=False, choices=choices, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )
