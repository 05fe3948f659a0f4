"""The side menu: what the reader may open, by what he does there."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from web.ops.site import actor_of

GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "订单",
        (
            ("订单", "receipt_long", "orders_order_changelist", "orders.view_order"),
            ("账目", "account_balance", "ledger_journal_changelist", "ledger.view_journal"),
            ("规则与价格", "gavel", "orders_policy_changelist", "orders.view_policy"),
        ),
    ),
    (
        "服务目录",
        (
            ("服务项目", "home_repair_service", "catalog_service_changelist", "catalog.view_service"),
            ("价目", "sell", "catalog_priceitem_changelist", "catalog.view_priceitem"),
            ("上架", "storefront", "catalog_shelving_changelist", "catalog.view_shelving"),
            ("服务分类", "account_tree", "catalog_category_changelist", "catalog.view_category"),
            ("技能", "construction", "catalog_skill_changelist", "catalog.view_skill"),
            ("城市", "location_city", "catalog_city_changelist", "catalog.view_city"),
        ),
    ),
    (
        "首页",
        (
            ("首页", "home", "catalog_homelayout_changelist", "catalog.view_homelayout"),
            ("当季", "nest_eco_leaf", "catalog_season_changelist", "catalog.view_season"),
        ),
    ),
    (
        "搜索",
        (
            ("同义词", "sync_alt", "catalog_synonym_changelist", "catalog.view_synonym"),
            ("需求词", "psychology_alt", "catalog_need_changelist", "catalog.view_need"),
            ("零结果", "search_off", "searched_in_vain", "catalog.view_search"),
        ),
    ),
    (
        "营销",
        (
            ("营销活动", "campaign", "marketing_campaign_changelist", "marketing.view_campaign"),
            ("优惠券批次", "confirmation_number", "marketing_couponkind_changelist", "marketing.view_couponkind"),
            ("优惠券", "local_activity", "marketing_coupon_changelist", "marketing.view_coupon"),
            ("试算记录", "calculate", "marketing_whatifrun_changelist", "marketing.view_whatifrun"),
            ("营销发送", "send", "marketing_sending_changelist", "marketing.view_sending"),
            ("积分规则", "stars", "marketing_pointsrule_changelist", "marketing.view_pointsrule"),
            ("积分明细", "list_alt", "marketing_pointsentry_changelist", "marketing.view_pointsentry"),
            ("积分礼品", "redeem", "marketing_gift_changelist", "marketing.view_gift"),
            ("礼品兑换", "inventory_2", "marketing_exchange_changelist", "marketing.view_exchange"),
        ),
    ),
    (
        "人员",
        (
            ("服务人员", "engineering", "workforce_worker_changelist", "workforce.view_worker"),
            ("节假日", "event", "workforce_holiday_changelist", "workforce.view_holiday"),
            ("用户", "person", "accounts_customer_changelist", "accounts.view_customer"),
            ("员工", "badge", "accounts_staff_changelist", "accounts.view_staff"),
        ),
    ),
    (
        "系统",
        (
            ("推送", "cell_tower", "hub", "hub.view"),
            ("改动记录", "history", "changes", "ops.view_changes"),
            ("员工操作记录", "policy", "accounts_staffaction_changelist", "accounts.view_staffaction"),
            ("查阅记录", "visibility", "accounts_accesstrace_changelist", "accounts.view_accesstrace"),
        ),
    ),
)
"""(heading, ((title, icon, name of the address, permission), …))."""

OF_EVERY_CITY = (
    "hub",
    "changes",
    "ledger_journal_changelist",
    "marketing_pointsentry_changelist",
    "accounts_customer_changelist",
)
"""Pages that only who is in charge of every city may open, and lists of what belongs to no city: to anybody else they
would say that there is nothing.
"""


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """As Unfold draws it: groups with nothing for the reader are left out."""
    shown = []
    for heading, entries in GROUPS:
        items = [
            {"title": title, "icon": icon, "link": reverse(f"admin:{name}")}
            for title, icon, name, permission in entries
            if request.user.has_perm(permission) and (name not in OF_EVERY_CITY or actor_of(request).is_everywhere)
        ]
        if items:
            shown.append({"title": heading, "separator": True, "items": items})
    first = {"title": "今日", "icon": "today", "link": reverse("admin:index")}
    board = {"title": "调度台", "icon": "dashboard", "link": reverse("board:home")}
    return [{"items": [first, board]}, *shown]
