"""What Temporal's own page shows of an order: phase, next deadline, whom it waits for. Nothing personal."""

from collections.abc import Sequence

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from workflows.deadlines import waits_until
from workflows.messages import OrderView
from workflows.transitions import PHASE_NAMES, Phase

PHASE = SearchAttributeKey.for_keyword("phase")
CITY = SearchAttributeKey.for_keyword("city")
NEEDS_OPS = SearchAttributeKey.for_bool("needs_ops")

WAITS_FOR: dict[Phase, str] = {
    Phase.AWAITING_PAYMENT: "用户支付",
    Phase.DISPATCHING: "服务人员应答",
    Phase.ACCEPTED: "服务人员出发",
    Phase.EN_ROUTE: "服务人员到达",
    Phase.ARRIVED: "服务码",
    Phase.IN_SERVICE: "服务完成",
    Phase.AWAITING_CONFIRMATION: "用户确认",
    Phase.COMPLETED: "评价期结束",
    Phase.CANCELLED: "退款",
    Phase.EXCEPTION: "异常处理",
}


def index_of(view: OrderView) -> Sequence[SearchAttributeUpdate[str] | SearchAttributeUpdate[bool]]:
    """What orders can be listed by."""
    return [PHASE.value_set(view.phase), CITY.value_set(view.city), NEEDS_OPS.value_set(view.needs_ops)]


def summary_of(view: OrderView) -> str:
    """One line of Markdown; times in UTC."""
    phase = Phase(view.phase)
    name, due = min(waits_until(view), key=lambda one: one[1], default=("", None))
    deadline = f" · {name} {due:%m-%d %H:%M:%S}Z" if due else ""
    waits = "" if view.ended else f" · 等待{_whom(view, phase)}"
    return f"**{PHASE_NAMES[phase]}** v{view.version}{waits}{deadline} · 服务人员 {view.worker_id or '—'}"


def _whom(view: OrderView, phase: Phase) -> str:
    if phase is not Phase.DISPATCHING:
        return WAITS_FOR[phase]
    if view.by_hand:
        return "人工派单"
    return f"{len(view.asked)} 名服务人员抢单" if len(view.asked) > 1 else WAITS_FOR[phase]
