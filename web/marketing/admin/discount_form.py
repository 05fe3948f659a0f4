"""The fields of a discount (`web.orders.discounts.Discount`), as an operator says them: in yuan, and in 折."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.utils import flatten
from django.core.exceptions import ValidationError
from pydantic import ValidationError as TermsError
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from web.catalog import selectors as catalog
from web.ops.fields import LinesField, YuanField
from web.ops.forms import OpsForm
from web.ops.terms import refuse
from web.ops.values import Told, said_in_words
from web.orders.discounts import MOST_PRIORITY, Discount
from web.orders.terms import MOST_FEN, stored

WHOLE_BP = 10_000
PER_ZHE = Decimal(1_000)
"""A 折 is a tenth of the price."""

MOST_YUAN = Decimal(MOST_FEN) / 100

LEAST_ZHE, MOST_ZHE = Decimal("0.1"), Decimal("9.9")

FIELDS = (
    "steps",
    ("zhe", "at_least_fen", "at_most_fen"),
    ("covers", "of", "priority"),
    "categories",
    "service_slugs",
    ("group", "alone", "with_coupon"),
    "worker_percent",
)
"""In their order on the page."""

BESIDE = flatten(FIELDS[2:])
"""Those that `in_words` does not say."""


def _categories() -> list[tuple[str, str]]:
    return [(one.slug, f"{one.parent.name} › {one.name}" if one.parent else one.name) for one in catalog.categories()]


class ZheField(forms.CharField):
    """折, as people say how much is still paid: 8.5 for 八五折; its value is a Decimal, None for nothing."""

    widget = UnfoldAdminDecimalFieldWidget

    def clean(self, value: Any) -> Decimal | None:
        """Raises ValidationError for what is none."""
        said = super().clean(value)
        return zhe_of(said) if said else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As text."""
        return super().has_changed("" if initial is None else f"{initial:g}", data)


class DiscountForm(OpsForm):
    """Either 满减 or 折扣, whom and what it is for, and what it goes together with."""

    steps = LinesField(label="满减", required=False, help_text="每行一档：满多少 减多少（元），如 100 15；与折扣二选一")
    zhe = ZheField(label="折扣", required=False, help_text="8.5 即八五折")
    at_least_fen = YuanField(
        label="满多少可用（元）", required=False, min_value=0, max_value=MOST_YUAN, help_text="折扣用；满减写在档里"
    )
    at_most_fen = YuanField(label="最多优惠（元）", required=False, min_value=Decimal("0.01"), max_value=MOST_YUAN)
    covers = forms.ChoiceField(
        label="优惠哪些费用", choices=[("all", "全部费用"), ("chosen", "仅服务与加项")], widget=UnfoldAdminSelectWidget
    )
    of = forms.ChoiceField(
        label="按什么计算", choices=[("price", "原价"), ("rest", "其他优惠后的价格")], widget=UnfoldAdminSelectWidget
    )
    priority = forms.IntegerField(
        label="先后（小的先算）", initial=0, min_value=-MOST_PRIORITY, max_value=MOST_PRIORITY,
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    categories = forms.MultipleChoiceField(
        label="限分类", required=False, choices=_categories, help_text="不选即不限",
        widget=UnfoldAdminSelectMultipleWidget,
    )  # fmt: skip
    service_slugs = LinesField(label="限服务（每行一个标识）", required=False)
    group = forms.CharField(
        label="互斥组", required=False, max_length=30, help_text="同组的活动只取对用户最优的一个",
        widget=UnfoldAdminTextInputWidget,
    )  # fmt: skip
    alone = forms.BooleanField(label="不与任何优惠同享", required=False, widget=UnfoldBooleanSwitchWidget)
    with_coupon = forms.BooleanField(
        label="可与优惠券同享", required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    worker_percent = forms.DecimalField(
        label="服务人员承担（%）", required=False, min_value=0, max_value=100, decimal_places=2, initial=0,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        if terms := self.terms_of(row):
            kwargs["initial"] = said_of(terms) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def terms_of(self, row: Any) -> Discount | None:
        """What the row says now; None for a new one."""
        raise NotImplementedError

    def for_new_customers(self, said: dict[str, Any]) -> bool:
        """Whether it is for who never paid an order."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """`discount` is what was said, checked as a whole."""
        said = super().clean()
        if not self.errors:
            try:
                said["discount"] = Discount.model_validate(self._terms(said))
            except TermsError as wrong:
                refuse(self, wrong)
        return said

    def _terms(self, said: dict[str, Any]) -> dict[str, Any]:
        services = {one.slug: one.pk for one in catalog.services_by_slug(said["service_slugs"])}
        if unknown := [slug for slug in said["service_slugs"] if slug not in services]:
            raise ValidationError(f"没有这个服务：{'、'.join(unknown)}")
        return {
            "steps": steps_of(said["steps"]),
            "off_bp": off_bp_of(said["zhe"]),
            "at_least_fen": said["at_least_fen"] or 0,
            "at_most_fen": said["at_most_fen"] or None,
            "covers": said["covers"],
            "of": said["of"],
            "priority": said["priority"],
            "categories": tuple(said["categories"]),
            "services": tuple(services.values()),
            "new_customers": self.for_new_customers(said),
            "group": said["group"],
            "alone": said["alone"],
            "with_coupon": said["with_coupon"],
            "worker_bp": int((said["worker_percent"] or 0) * 100),
        }


def zhe_of(said: str) -> Decimal:
    """What somebody typed: 8.5. Raises ValidationError for what is none."""
    try:
        zhe = Decimal(said.strip())
    except ArithmeticError:
        raise ValidationError("折扣写成 8.5 的样子") from None
    # NaN is in no order with anything.
    if not zhe.is_finite() or not LEAST_ZHE <= zhe <= MOST_ZHE or zhe * 10 % 1:
        raise ValidationError("折扣为 0.1 到 9.9，最多一位小数，如 8.5")
    return zhe


def off_bp_of(zhe: Decimal | None) -> int:
    """What is taken off then, in basis points; 0 for None."""
    return 0 if zhe is None else WHOLE_BP - int(zhe * PER_ZHE)


def steps_of(lines: Iterable[str]) -> tuple[dict[str, int], ...]:
    """Lines of 满减, 100 15 each. Raises ValidationError for one that is none."""
    return tuple(_step(place, line) for place, line in enumerate(lines, 1))


def _step(place: int, line: str) -> dict[str, int]:
    try:
        at_least, off = (YuanField().clean(number) for number in line.replace("减", " ").replace("满", " ").split())
    except (ValueError, ValidationError):
        raise ValidationError(f"满减每行写“满多少 减多少”，如 100 15；这一行不是：{line}") from None
    if at_least < 0:
        raise ValidationError(f"满减第 {place} 档满的金额不能小于 0")
    if off <= 0:
        raise ValidationError(f"满减第 {place} 档减的金额须大于 0")
    if max(at_least, off) > MOST_FEN:
        raise ValidationError(f"满减第 {place} 档的金额不能大于 {MOST_YUAN:f} 元")
    return {"at_least_fen": at_least, "off_fen": off}


def in_yuan(fen: int) -> str:
    """To the fen, without places that say nothing: 15, 15.5, 12345.67."""
    return str(Decimal(fen) / 100)


def said_of(terms: Discount) -> dict[str, Any]:
    """The fields' values for terms that are there."""
    return _said(terms, catalog.slugs_of_services(terms.services))


def _said(terms: Discount, slugs: Mapping[int, str]) -> dict[str, Any]:
    return terms.model_dump() | {
        "steps": [f"{in_yuan(one.at_least_fen)} {in_yuan(one.off_fen)}" for one in terms.steps],
        "zhe": (WHOLE_BP - terms.off_bp) / PER_ZHE if terms.off_bp else None,
        "categories": list(terms.categories),
        "service_slugs": [slugs[one] for one in sorted(terms.services) if one in slugs],
        "worker_percent": Decimal(terms.worker_bp) / 100,
    }


def told_in_lines(values: Iterable[Any]) -> Told:
    """How the trail says what rows keep of their terms: as their page does."""
    slugs = catalog.slugs_of_services({one for terms in values for one in terms.get("services", ())})
    fields = dict(DiscountForm.base_fields)
    fields["categories"] = forms.MultipleChoiceField(label=fields["categories"].label, choices=_categories())

    def lines_of(value: Any, row: Any) -> dict[str, str]:
        try:
            terms = stored(Discount, value)
        except TermsError:
            # The trail is older than some of our rules.
            return {"优惠": str(value)}
        said = _said(terms, slugs)
        lines = {str(fields[name].label): said_in_words(fields[name], said[name]) for name in BESIDE}
        return {"优惠": in_words(terms), "仅限新客": "是" if terms.new_customers else "否"} | lines

    return lines_of


def in_words(terms: Discount) -> str:
    """As a list shows it: 满 100 减 15；八五折 is 8.5 折."""
    parts: Iterable[str] = [f"满 {in_yuan(one.at_least_fen)} 减 {in_yuan(one.off_fen)}" for one in terms.steps]
    if terms.off_bp:
        from_on = f"满 {in_yuan(terms.at_least_fen)} " if terms.at_least_fen else ""
        at_most = f"（最多 {in_yuan(terms.at_most_fen)} 元）" if terms.at_most_fen else ""
        parts = [f"{from_on}{(WHOLE_BP - terms.off_bp) / PER_ZHE:g} 折{at_most}"]
    return "；".join(parts)
