"""试算: what was tried on last month's orders, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from web.accounts.models import User
from web.catalog import selectors as catalog
from web.errors import CODES
from web.marketing import selectors
from web.marketing.models import WhatIfRun
from web.marketing.services.what_ifs import FAILED
from web.money import yuan
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import display
from web.ops.filters import InCity
from web.ops.site import actor_of
from web.times import spoken
from workflows import client

Figures = list[tuple[str, str]]


@admin.register(WhatIfRun)
class WhatIfRunAdmin(OfACity, OpsAdmin):
    """Every trial with its result; a new one is asked for on the page of what is to be tried."""

    editable = False
    list_display = ("asked_at", "kind", "shown_about", "shown_city", "shown_by", "shown_state", "shown_platform")
    list_filter = ("kind", InCity)
    ordering = ("-id",)

    def visible_to(self, actor: User) -> QuerySet[WhatIfRun]:
        """Of his city's orders."""
        return selectors.what_ifs_visible_to(actor)

    @display(description="对象")
    def shown_about(self, row: WhatIfRun) -> str:
        """What it is about."""
        return about(row)

    @display(description="操作人", ordering="by")
    def shown_by(self, row: WhatIfRun) -> str:
        """By the name that he signs in with."""
        return row.by.username or str(row.by_id)

    @display(description="状态", label={"已完成": "success", "计算中": "warning", "未完成": "danger"})
    def shown_state(self, row: WhatIfRun) -> str:
        """Whether there is a result."""
        return "计算中" if row.done_at is None else "已完成" if row.result else "未完成"

    @display(description="平台收入变化")
    def shown_platform(self, row: WhatIfRun) -> str:
        """The most important number."""
        return yuan(row.result["platform_change_fen"]) if row.result else "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """The result, and for terms the way to put them into force."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            answer: HttpResponseBase = super().change_view(request, object_id, form_url, extra_context)
            return answer
        keep = ""
        if row.kind in ("pricing", "cancellation") and request.user.has_perm("orders.add_policy"):
            keep = f"{reverse('admin:orders_policy_add')}?tried={row.pk}"
        return tried_page(self, request, row, title=about(row), run=row, keep=keep)


def tried_page(
    page: OpsAdmin, request: HttpRequest, row: Any, *, title: str, run: WhatIfRun | None, **more: Any
) -> TemplateResponse:
    """A page with the result of a trial, or with none yet. It comes again by itself until there is one."""
    there = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    own = {
        "back": reverse(f"{there}_changelist") if row is run else reverse(f"{there}_change", args=[row.pk]),
        "run": run,
        "tried": figures(run),
        "why": why(run),
        "waiting": run is not None and run.done_at is None,
    }
    context = page.context_of(request, row, f"{title}：试算")
    return TemplateResponse(request, "ops/what_if.html", context | own | more)


def begin(run: WhatIfRun) -> WhatIfRun:
    """Have it worked out, as soon as it is stored. Where Temporal is away the sweep does it."""
    transaction.on_commit(partial(async_to_sync(client.start_what_if), run.pk))
    return run


def on_page(
    page: OpsAdmin,
    request: HttpRequest,
    row: Any,
    *,
    kind: str,
    title: str,
    ask: Callable[[User], WhatIfRun],
    current: Mapping[str, Any],
    effect: Callable[[], Figures] | None = None,
) -> HttpResponseBase:
    """The newest trial of a row, and on POST another one. current: what would be tried now. effect: what it has come to
    so far, where it has been in force.
    """
    actor, may_ask = actor_of(request), request.user.has_perm("marketing.add_whatifrun")
    if not request.user.has_perm("marketing.view_whatifrun") or (request.method == "POST" and not may_ask):
        raise PermissionDenied
    if request.method == "POST":
        begin(ask(actor))
        return page.to(request.path)
    run = selectors.newest_what_if(actor, kind=kind, subject_id=row.pk, city=getattr(row, "city", ""))
    stale = run is not None and run.trial != current
    come_to = _come_to(run, effect) if effect else None
    return tried_page(page, request, row, title=title, run=run, may_ask=may_ask, stale=stale, effect=come_to)


def _come_to(run: WhatIfRun | None, effect: Callable[[], Figures]) -> Figures:
    """The page of a trial that waits comes every two seconds: all orders are not read again for each."""
    if run is not None and run.done_at is None:
        return [("效果", "试算完成后显示")]
    return effect()


def about(run: WhatIfRun) -> str:
    """What is tried, as people read it."""
    kind = WhatIfRun.KINDS.get(run.kind, run.kind)
    return f"{kind}「{run.name}」" if run.name else kind


def why(run: WhatIfRun | None) -> str:
    """Why it has no result."""
    if run is None or not run.code:
        return ""
    return "计算没有成功，请重新试算" if run.code == FAILED else CODES[run.code].message


def figures(run: WhatIfRun | None) -> Figures:
    """(what, how much) as people read it; nothing while there is no result."""
    if run is None or run.result is None:
        return []
    city = catalog.city_names().get(run.city, run.city) or "全部城市"
    head = [("订单范围", f"{city}，{spoken(run.since)} 至 {spoken(run.until)}")]
    return head + (_of_campaign(run.result) if run.kind == "campaign" else _of_terms(run.kind, run.result))


def in_words(run: WhatIfRun | None, current: Mapping[str, Any]) -> Iterable[str]:
    """What whoever puts it into force should know."""
    if run is None or run.trial != current:
        yield "现在的内容还没有试算过：可先返回，打开「试算」。"
    elif run.done_at is None:
        yield "试算还在进行，稍后刷新本页可看到结果。"
    elif run.result is None:
        yield f"试算没有完成：{why(run)}"
    else:
        yield "如果近 30 天就是这样：" + "；".join(f"{what} {much}" for what, much in figures(run)[1:])


def _of_campaign(said: Mapping[str, int]) -> Figures:
    return [
        ("已完成的订单", _orders(said, "发生过退款、尚未结算，或为不知道各项费用的导入订单")),
        *_imported(said),
        ("会享受优惠", f"{said['got']} 单，{said['customers']} 人，其中新客 {said['new_customers']} 人"),
        ("平台承担", yuan(said["cost_fen"])),
        ("服务人员承担", yuan(said["workers_cost_fen"])),
        *_changes(said),
    ]


def _imported(said: Mapping[str, int]) -> Figures:
    number = said.get("imported", 0)
    return [("其中导入的历史订单", f"{number} 单，按原来的总价计算")] if number else []


def _of_terms(kind: str, said: Mapping[str, int]) -> Figures:
    orders = "用户取消的已付款订单" if kind == "cancellation" else "适用的已完成订单"
    return [
        (orders, _orders(said, "发生过退款、尚未结算、为导入的历史订单、没有路程记录或所选项已不存在")),
        ("费用会不同", f"{said['changed']} 单"),
        *_changes(said),
    ]


def _orders(said: Mapping[str, int], why_out: str) -> str:
    left_out = said.get("left_out", 0)
    return f"{said['orders']} 单" + (f"（另有 {left_out} 单{why_out}，未计入）" if left_out else "")


def _changes(said: Mapping[str, int]) -> Figures:
    return [
        ("用户支付变化", _signed(said["customers_change_fen"])),
        ("平台收入变化", _signed(said["platform_change_fen"])),
        ("服务人员收入变化", _signed(said["workers_change_fen"])),
    ]


def _signed(fen: int) -> str:
    return f"{'+' if fen > 0 else '−' if fen < 0 else ''}{yuan(abs(fen))}"
