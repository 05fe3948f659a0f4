"""Orders, as staff look them up. One is read here and never edited: what is to happen to it is commanded, on the board,
through its actor.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateFilter

from web.accounts.models import User
from web.ledger import selectors as ledger
from web.money import yuan
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.filters import InCity
from web.ops.site import actor_of
from web.orders import selectors
from web.orders.admin.words import MOVES, rule_in_words
from web.orders.details import timeline_of
from web.orders.models import Alarm, Order
from workflows.transitions import PHASE_NAMES, Phase


class Standing(admin.SimpleListFilter):
    """进行中, 已结束, 需要人工."""

    title = "进度"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """As people say it."""
        return [("live", "进行中"), ("ended", "已结束"), ("needs_ops", "需要人工处理"), ("exhausted", "无人接单")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the row."""
        chosen = {
            "live": Q(ended_at=None),
            "ended": Q(ended_at__isnull=False),
            "needs_ops": Q(needs_ops=True),
            "exhausted": Q(exhausted=True, ended_at=None),
        }
        return queryset.filter(chosen[self.value() or ""]) if self.value() in chosen else queryset


class OpenAlarm(admin.SimpleListFilter):
    """With an open alarm of a kind."""

    title = "告警"
    parameter_name = "alarm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """As the home page counts them."""
        return Alarm.KINDS.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Not cleared yet."""
        if not self.value():
            return queryset
        return queryset.filter(pk__in=Alarm.objects.filter(kind=self.value(), cleared_at=None).values("order"))


@admin.register(Order)
class OrderAdmin(OfACity, OpsAdmin):
    """All orders of one's city. Whose they are is on the board, where reading it leaves a trace."""

    editable = False
    list_display = (
        "shown_number",
        "service_name",
        "shown_phase",
        "shown_city",
        "starts_at",
        "shown_worker",
        "shown_total",
        "placed_at",
    )
    list_filter = (Standing, OpenAlarm, "phase", InCity, ("starts_at", RangeDateFilter), ("placed_at", RangeDateFilter))
    search_fields = ("id", "service_name", "worker__id", "customer__id")
    search_help_text = "订单号、服务名称、服务人员或用户的编号"
    ordering = ("-id",)
    list_select_related = ("worker",)
    linked = ("customer",)
    actions_detail = ["on_board", "actor"]
    change_form_template = "ops/order.html"

    def visible_to(self, actor: User) -> QuerySet[Order]:
        """Of his city."""
        return selectors.visible_to(actor).defer(*selectors.ON_NO_CARD)

    def called(self, row: Order) -> str:
        """By its number."""
        return f"订单 {row.pk}"

    @display(description="订单", ordering="id")
    def shown_number(self, row: Order) -> str:
        """Its id; marked where it was imported or makes another good."""
        return f"{row.pk}{'（返工）' if row.rework_of_id else ''}"

    @display(
        description="阶段",
        ordering="phase",
        label={"异常处理中": "danger", "已取消": "warning", "已完成": "success", "服务中": "info"},
    )
    def shown_phase(self, row: Order) -> str:
        """In Chinese."""
        return str(row.get_phase_display())

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Without a link to who may not be looked at."""
        names = list(super().get_list_display(request))
        reads = request.user.has_perm("workforce.view_worker")
        return names if reads else ["worker_name" if name == "shown_worker" else name for name in names]

    @display(description="服务人员")
    def worker_name(self, row: Order) -> str:
        """Whom it is given to."""
        return row.worker.display_name if row.worker else "—"

    @display(description="服务人员")
    def shown_worker(self, row: Order) -> str:
        """A link to him."""
        if row.worker is None:
            return "—"
        address = reverse("admin:workforce_worker_change", args=[row.worker_id])
        return format_html('<a href="{}">{}</a>', address, row.worker.display_name)

    @display(description="金额", ordering="total_fen")
    def shown_total(self, row: Order) -> str:
        """What is to be paid."""
        return yuan(row.total_fen)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """One order: lines, timeline, money, what may be done with it. Nothing personal."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        actor = actor_of(request)
        more = {
            "order": row,
            "lines": [
                (line, yuan(line.amount_fen), rule_in_words(line.rule, line.rule_version))
                for line in row.lines.order_by("position")
            ],
            "events": [(entry, PHASE_NAMES[Phase(entry.phase)]) for entry in reversed(timeline_of(row, actor))],
            "moves": [MOVES[move] for move in selectors.allowed_actions(row, actor)],
            "alarms": selectors.alarms_visible_to(actor).filter(order=row).order_by("-raised_at"),
            "money": [
                (journal, journal.get_kind_display(), posting, yuan(abs(posting.amount_fen)))
                for journal in ledger.journals_of(row.pk)
                for posting in journal.postings.all()
            ],
            "total": yuan(row.total_fen),
            "board": _board(row),
            "reworks": row.reworks.values_list("pk", flat=True),
        }
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    @action(description="在调度台打开", url_path="board")
    def on_board(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Where it is commanded, and where reading the contact leaves a trace."""
        row = self.get_object(request, object_id)
        return self.to(_board(row) if row else reverse("admin:orders_order_changelist"))

    @action(description="查看工作流", url_path="actor")
    def actor(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Its actor, as Temporal has it."""
        from workflows.looking import described

        row = self.get_object(request, object_id)
        if row is None:
            return self.to(reverse("admin:orders_order_changelist"))
        actor = described(row.pk)
        # Temporal's own page shows it as Markdown.
        own = {"order": row, "actor": actor, "details": actor.details.replace("**", "")}
        context = self.context_of(request, row, "工作流") | own
        return TemplateResponse(request, "ops/actor.html", context)


def _board(row: Order) -> str:
    return f"{reverse('board:city', kwargs={'city': row.city})}#order={row.pk}"
