"""Batches of coupons as a table: what comes in is a draft each."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.widgets import DateTimeWidget, IntegerWidget
from pydantic import ValidationError as TermsError

from web.marketing import services
from web.marketing.admin.discount_form import PER_ZHE, WHOLE_BP, said_of, step_of
from web.marketing.models import CouponKind
from web.marketing.models.campaign import DRAFT
from web.marketing.services.kinds import KindDraft
from web.ops.importing import OpsResource, Texts, Yuan, column
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


class KindResource(OpsResource):
    """A batch a line, found by its number; without one it is new. What is published does not change."""

    id = column("id", IntegerWidget(), name="编号")
    name = column("name")
    city = column("city", name="城市代码（空为全部）")
    how = column("how", name="发放方式")
    introduction = column("introduction", name="说明")
    steps = TermsField(attribute="steps", column_name="满减（如 100 15；200 40）", widget=Texts())
    zhe = TermsField(attribute="zhe", column_name="折扣（如 8.5）")
    at_least_fen = TermsField(attribute="at_least_fen", column_name="满多少（元）", widget=MaybeYuan())
    at_most_fen = TermsField(attribute="at_most_fen", column_name="最多优惠（元）", widget=MaybeYuan())
    stock = column("stock", IntegerWidget(), name="库存（空为不限）")
    per_person = column("per_person", IntegerWidget(), name="每人限领")
    grab_from = column("grab_from", DateTimeWidget("%Y-%m-%d %H:%M"), name="领取开始")
    grab_until = column("grab_until", DateTimeWidget("%Y-%m-%d %H:%M"), name="领取结束")
    from_at = column("from_at", DateTimeWidget("%Y-%m-%d %H:%M"), name="使用开始")
    until_at = column("until_at", DateTimeWidget("%Y-%m-%d %H:%M"), name="使用结束")
    days = column("days", IntegerWidget(), name="领取后有效天数")
    return_days = column("return_days", IntegerWidget(), name="退回后至少有效天数")
    remind_days = column("remind_days", IntegerWidget(), name="到期前几天提醒")
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

    def check(self, row: CouponKind) -> None:
        """Raises DoorbellError coupon_kind_wrong, ValueError."""
        if row.pk and row.state != DRAFT:
            raise ValueError("已发布的优惠券不能修改")
        _draft(row).columns()

    def put(self, row: CouponKind) -> CouponKind:
        """A draft."""
        if self.actor is None:
            raise RuntimeError("nobody imports")
        if row.pk:
            return services.revise_kind(actor=self.actor, kind_id=row.pk, draft=_draft(row))
        return services.create_kind(actor=self.actor, draft=_draft(row))


def _draft(row: CouponKind) -> KindDraft:
    said = vars(row).get("said", {})
    before = row.discount.model_dump() if row.terms else {}
    own = {
        "steps": tuple(step_of(line) for line in said.get("steps") or ()),
        "off_bp": WHOLE_BP - int(PER_ZHE * _number(said["zhe"])) if said.get("zhe") else 0,
        "at_least_fen": said.get("at_least_fen") or 0,
        "at_most_fen": said.get("at_most_fen"),
    }
    try:
        terms = Discount.model_validate(before | own)
    except (TermsError, ValidationError) as wrong:
        faults = [fault_in(one) for one in wrong.errors()] if isinstance(wrong, TermsError) else wrong.messages
        raise ValueError("；".join(faults)) from None
    return KindDraft(terms=terms, **{name: getattr(row, name) for name in SAID})


def _number(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except ArithmeticError:
        raise ValueError("折扣写成 8.5") from None
