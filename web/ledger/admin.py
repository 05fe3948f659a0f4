"""The ledger, to look through: nothing of it is ever edited."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.contrib.filters.admin import RangeDateFilter

from web.accounts.models import User
from web.ledger import selectors
from web.ledger.models import Journal
from web.money import yuan
from web.ops.base import OpsAdmin
from web.ops.decorators import display


@admin.register(Journal)
class JournalAdmin(OpsAdmin):
    """账目: every fact about money, with its two sides."""

    editable = False
    list_display = ("at", "kind", "shown_order", "shown_debit", "shown_credit")
    list_filter = ("kind", ("at", RangeDateFilter))
    search_fields = ("order_id", "key")
    search_help_text = "订单号，或账目标识"
    ordering = ("-id",)
    readonly_fields = ("at", "kind", "key", "shown_order", "shown_debit", "shown_credit")
    fields = readonly_fields

    def visible_to(self, actor: User) -> QuerySet[Journal]:
        """Of all cities, for who is in charge of all."""
        return selectors.journals_visible_to(actor)

    @display(description="订单", ordering="order_id")
    def shown_order(self, row: Journal) -> str:
        """Its number."""
        return str(row.order_id)

    @display(description="借")
    def shown_debit(self, row: Journal) -> str:
        """Accounts and amounts."""
        return _side(row, 1)

    @display(description="贷")
    def shown_credit(self, row: Journal) -> str:
        """Accounts and amounts."""
        return _side(row, -1)


def _side(row: Journal, sign: int) -> str:
    postings = [posting for posting in row.postings.all() if posting.amount_fen * sign > 0]
    return "；".join(f"{posting.account.get_kind_display()} {yuan(abs(posting.amount_fen))}" for posting in postings)
