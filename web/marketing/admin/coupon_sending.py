"""发给用户: coupons of a batch for people who are named by number."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from web.errors import CODES
from web.ops.forms import AskForm

APART = str.maketrans(",，、;；", "     ")
LONGEST = 18
"""Digits: longer than any number of ours."""

SENT_AT_ONCE = 1_000
NAMED_AT_MOST = 50
"""So many of those who got nothing are named."""


class NumbersField(forms.CharField):
    """Numbers of people, apart by commas, blanks or lines; its value is a list of them, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"widget": UnfoldAdminTextareaWidget({"rows": 4})} | kwargs))

    def clean(self, value: Any) -> list[int]:
        """Raises ValidationError that names the line, and what in it is no number."""
        numbers = dict[int, None]()
        for place, line in enumerate(super().clean(value).splitlines(), 1):
            for said in line.translate(APART).split():
                if not (said.isdecimal() and len(said) <= LONGEST):
                    raise ValidationError(f"第 {place} 行的“{said[:20]}”不是用户编号")
                numbers[int(said)] = None
        if len(numbers) > SENT_AT_ONCE:
            raise ValidationError(f"一次最多 {SENT_AT_ONCE} 人，现在是 {len(numbers)} 人，请分批发放")
        return list(numbers)


class SendForm(AskForm):
    """To whom."""

    user_ids = NumbersField(
        label="用户编号",
        help_text=f"用逗号、空格或换行分隔，一次最多 {SENT_AT_ONCE} 人；关闭了营销消息的用户不会收到，发放后会列出",
    )
    key = forms.CharField(
        label="批次号", max_length=40, help_text="同一批次号不会重复发放", widget=UnfoldAdminTextInputWidget
    )
    field_order = ("user_ids", "key", "reason")


def sent_in_words(outcomes: Mapping[int, str]) -> str:
    """How many have it, and who has not, by why."""
    refused: dict[str, list[str]] = {}
    for user_id, code in outcomes.items():
        if code:
            refused.setdefault(code, []).append(str(user_id))
    parts = [f"已发放 {sum(not code for code in outcomes.values())} 人"]
    for code, people in refused.items():
        named = "、".join(people[:NAMED_AT_MOST]) + (" 等" if len(people) > NAMED_AT_MOST else "")
        parts.append(f"未发放 {len(people)} 人（{CODES[code].message}）：{named}")
    return "；".join(parts)
