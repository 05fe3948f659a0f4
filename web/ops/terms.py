"""Terms that somebody typed, as JSON or in fields: what Pydantic finds wrong with them, in Chinese."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from pydantic import ValidationError

from web.ops.labels import LABELS

WRONG = {
    "missing": "必须填写",
    "extra_forbidden": "没有这一项，请检查名称",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "finite_number": "应为数字",
    "int_from_float": "应为整数",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确，应符合 {pattern}",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "not_one_way": "满减和折扣二选一",
    "steps_alike": "满减第 {first} 档和第 {second} 档的门槛相同",
    "bounds_beside_steps": "“满多少可用”和“最多优惠”只用于折扣，满减写在各档里",
}
"""By the type of the error; its context is filled in."""

OTHER = {
    "int": "应为整数",
    "float": "应为数字",
    "string": "应为文字",
    "bool": "应为 true 或 false",
    "list": "应为列表 [ ]",
    "tuple": "应为列表 [ ]",
    "dict": "应为对象 { }",
    "model": "应为对象 { }",
    "date": "应为日期，如 2026-05-01",
    "datetime": "应为时间，如 2026-05-01T08:00:00+08:00",
}
"""By what the type begins with: that of a value of another kind."""

RULES = {
    "a key is there twice": "有两项的标识相同",
    "a range ends before it begins": "下限不能大于上限",
    "each step reaches farther than the one before": "每一级须比前一级远，第一级须超过免费距离",
    "ends before it begins": "结束时间须晚于开始时间",
    "min_fen is above max_fen": "最少不能高于最多",
    "missing, or never cancelled": "缺少这些阶段，或这些阶段不能取消",
    "names neither a campaign nor a coupon": "至少填写一个活动或优惠券的编号",
    "no such types": "没有这些异常类型",
    "spend_step is worth no whole number of fen": "每次使用的最小单位须值整数分，请与“多少积分值 1 元”一起检查",
    "who comes from farther is not cheaper": "更远的一级金额不能更低",
    "who never ordered has no orders": "“从未下单”不能与订单、消费条件同时使用",
}
"""What our own validators say, up to a colon, behind which they name what they mean."""


def refuse(form: BaseForm, wrong: ValidationError) -> None:
    """Each fault at its field, where the form has one of that name, else at the form."""
    for one in wrong.errors():
        place = one["loc"]
        field = str(place[0]) if place and place[0] in form.fields else None
        form.add_error(field, fault_in(one, below=1 if field else 0))


def fault_in(wrong: Mapping[str, Any], *, below: int = 0) -> str:
    """One error of `ValidationError.errors()`, with its place from there on."""
    place = " › ".join(_named(part) for part in wrong["loc"][below:] if part != "[key]")
    return f"{place}：{told(wrong)}" if place else told(wrong)


def _named(part: int | str) -> str:
    if isinstance(part, int):
        return f"第 {part + 1} 项"
    return f"{part}（{LABELS[part]}）" if part in LABELS else part


def told(wrong: Mapping[str, Any]) -> str:
    """One error, without its place."""
    kind, context = str(wrong["type"]), wrong.get("ctx", {})
    if kind == "value_error":
        rule, _, about = str(context["error"]).partition(": ")
        return "：".join(filter(None, [RULES.get(rule, "内容有误"), about]))
    if kind in WRONG:
        expected = str(context.get("expected", "")).replace(" or ", "、").replace(", ", "、").replace("'", "")
        return WRONG[kind].format(**context | {"expected": expected})
    return OTHER.get(kind.split("_")[0], "内容有误")
