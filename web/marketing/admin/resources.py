"""Batches of coupons as a table: what comes in is a draft each."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.widgets import Widget
from pydantic import ValidationError as TermsError

from web.catalog import selectors as catalog
from web.marketing import services
from web.marketing.admin.discount_form import off_bp_of, said_of, steps_of, zhe_of
from web.marketing.models import CouponKind
from web.marketing.models.campaign import DRAFT
from web.marketing.services.acting import check_in_charge
from web.marketing.services.kinds import KindDraft
from web.ops.columns import Called, Moment, Texts, Whole, Yuan, column
from web.ops.importing import OpsResource
from web.ops.terms import fault_in
from web.orders.discounts import Discount

SAID = (
    *("city", "name", "how", "introduction", "stock", "per_person"),
    *("grab_from", "grab_until", "from_at", "until_at", "days", "return_days", "remind_days", "after_fen"),
)


class TermsField(Field):
    """A part of a batch's terms: `terms` itself is made of all of them, when the row is written."""

    def get_value(self, instance: Any) -> Any:
        """What the table said, or the row says."""
        said = vars(instance).get("said", {})
        if self.attribute in said:
            return said[self.attribute]
        return said_of(instance.discount).get(self.attribute) if instance.terms else None

    def save(self, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        """Kept beside the row until then."""
        vars(instance).setdefault("said", {})[self.attribute] = self.clean(row, **kwargs)


class MaybeYuan(Yuan):
    """An amount that may be missing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """None for nothing."""
        return super().clean(value, row, **kwargs) if str(value or "").strip() else None


class Zhe(Widget):
    """8.5 for 八五折, or nothing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        """Raises ValueError for what is none."""
        said = str(value or "").strip()
        try:
            return zhe_of(said) if said else None
        except ValidationError as wrong:
            raise ValueError(wrong.messages[0]) from None


class KindResource(OpsResource):
    """A batch a line, found by its number; without one it is new. What is published does not change."""

    id = column("id", Whole(), name="编号")
    name = column("name")
    city = column("city", name="城市代码（空为全部）")
    how = column("how", Called(CouponKind.HOW), name="发放方式")
    introduction = column("introduction", name="说明")
    steps = TermsField(attribute="steps", column_name="满减（如 100 15；200 40）", widget=Texts())
    zhe = TermsField(attribute="zhe", column_name="折扣（如 8.5）", widget=Zhe())
    at_least_fen = TermsField(attribute="at_least_fen", column_name="满多少（元）", widget=MaybeYuan())
    at_most_fen = TermsField(attribute="at_most_fen", column_name="最多优惠（元）", widget=MaybeYuan())
    stock = column("stock", Whole(), name="库存（空为不限）")
    per_person = column("per_person", Whole(), name="每人限领")
    grab_from = column("grab_from", Moment(), name="领取开始")
    grab_until = column("grab_until", Moment(), name="领取结束")
    from_at = column("from_at", Moment(), name="使用开始")
    until_at = column("until_at", Moment(), name="使用结束")
    days = column("days", Whole(), name="领取后有效天数")
    return_days = column("return_days", Whole(), name="退回后至少有效天数")
    remind_days = column("remind_days", Whole(), name="到期前几天提醒")
    after_fen = column("after_fen", Yuan(), name="完成多少元的订单后赠送")

    class Meta:
        model = CouponKind
        import_id_fields = ("id",)
        fields = export_order = (
            *("id", "name", "city", "how", "introduction", "steps", "zhe", "at_least_fen", "at_most_fen", "stock"),
            *("per_person", "grab_from", "grab_until", "from_at", "until_at", "days", "return_days", "remind_days"),
            "after_fen",
        )
        skip_unchanged = True
        report_skipped = True

    @cached_property
    def _cities(self) -> dict[str, str]:
        """Asked for once a table."""
        return catalog.city_names()

    def check(self, row: CouponKind) -> None:
        """Raises DoorbellError coupon_kind_wrong, forbidden, ValueError."""
        if row.pk and row._state.adding:
            raise ValueError("没有这个编号；新的优惠券不填编号")
        if row.state != DRAFT:
            raise ValueError("已发布的优惠券不能修改")
        if row.city and row.city not in self._cities:
            raise ValueError(f"没有代码为「{row.city}」的城市")
        if self.actor is not None:
            check_in_charge(self.actor, row.city)
        _draft(row).columns()

    def put(self, row: CouponKind) -> CouponKind:
        """A draft."""
        if self.actor is None:
            raise RuntimeError("nobody imports")
        if row.pk:
            return services.revise_kind(actor=self.actor, kind_id=row.pk, draft=_draft(row))
        return services.create_kind(actor=self.actor, draft=_draft(row))


def _draft(row: CouponKind) -> KindDraft:
    before = row.discount.model_dump() if row.terms else {}
    try:
        terms = Discount.model_validate(before | _terms(vars(row).get("said", {})))
    except TermsError as wrong:
        raise ValueError("；".join(map(fault_in, wrong.errors()))) from None
    return KindDraft(terms=terms, **{name: getattr(row, name) for name in SAID})


def _terms(said: Mapping[str, Any]) -> dict[str, Any]:
    """Of the columns that the table has."""
    terms = {name: said[name] for name in ("at_most_fen",) if name in said}
    if "steps" in said:
        terms["steps"] = steps_of(said["steps"])
    if "zhe" in said:
        terms["off_bp"] = off_bp_of(said["zhe"])
    if "at_least_fen" in said:
        terms["at_least_fen"] = said["at_least_fen"] or 0
    return terms
