"""Pages of terms of which a change is a new row: one that is there is read, and another begins as it."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString

from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import action, display
from web.ops.terms_column import TermsColumn

UNREAD = "原来的内容已无法读取，不能在此基础上修改；请新建，逐项填写"


class TermsPage(OfACity, OpsAdmin):
    """column: how a row's `data` is read."""

    column: ClassVar[TermsColumn]
    ordering = ("-id",)
    readonly_fields = ("shown_terms",)
    actions_detail = ["again"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: something was bought, or earned, by it."""
        return False

    @display(description="规则内容")
    def shown_data(self, row: Any) -> str:
        """What differs from the defaults, shortened."""
        return self.column.in_short(row.data, row)

    @display(description="规则内容")
    def shown_terms(self, row: Any) -> SafeString:
        """All of it."""
        return self.column.in_full(row.data, row)

    def idle(self, row: Any) -> Collection[str]:
        """What cannot be read is no beginning."""
        return () if self._reads(row) else ("again",)

    def _reads(self, row: Any) -> bool:
        return self.column.read(row.data, row) is not None

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Not as a row that cannot be read: all that it says would be given up for the defaults without a word."""
        before = self.begun_from(request)
        if before is None or self._reads(before):
            return super().add_view(request, form_url, extra_context)
        self.message_user(request, UNREAD, level=messages.ERROR)
        return self.to(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[before.pk]))

    def begun_from(self, request: HttpRequest) -> Any:
        """The row that a new one begins as; None for none."""
        return self.get_object(request, request.GET.get("from", ""))

    @action(description="在此基础上修改", url_path="again", permissions=["add"])
    def again(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A new row that begins as this one."""
        return self.to(f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_add')}?from={object_id}")
