"""Searching a list: what was typed is posted, so that no phone number ever stands in an address, where browsers,
proxies and logs keep it. Whatever is none goes on to the list's own address, as one may want to send it to a colleague.
"""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from web.accounts import selectors, services
from web.accounts.phones import holds_mobile, mobile
from web.ops.site import actor_of


class WholeList(ChangeList):
    """A list that is not narrowed down has nothing to come back from: no link that shows all.

    csrf_token: for the form of its search, whose tag has no context.
    """

    def get_results(self, request: HttpRequest) -> None:
        """Counted once."""
        super().get_results(request)
        self.csrf_token = get_token(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class Searching(ModelAdmin):
    """A list with a search. whose: the column with the person whose row it is, where people are found by their phone
    number; "" elsewhere.
    """

    whose: ClassVar[str] = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Ours."""
        return WholeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, or on to what was looked for. Who may not read the list learns nothing by searching it either."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and SEARCH_VAR in request.POST:
            return self._search(request, request.POST[SEARCH_VAR].strip())
        return super().changelist_view(request, {"title": self.opts.verbose_name_plural} | (extra_context or {}))

    def _search(self, request: HttpRequest, text: str) -> HttpResponseBase:
        asked = request.GET.copy()
        for said_before in (SEARCH_VAR, PAGE_VAR):
            asked.pop(said_before, None)
        if holds_mobile(text):
            if found := self._found_by_phone(request, text):
                return HttpResponseRedirect(found)
        elif text:
            asked[SEARCH_VAR] = text
        return HttpResponseRedirect(f"{request.path}?{asked.urlencode()}" if asked else request.path)

    def _found_by_phone(self, request: HttpRequest, text: str) -> str:
        """The address of the row, whose finding leaves a trace, or "" after a word to the reader: without the number,
        as it goes into a cookie.
        """
        try:
            number = mobile(text)
        except ValueError:
            return self._told(request, "按手机号查找时只输入一个完整的手机号")
        if not self.whose:
            return self._told(request, "这里不能按手机号查找")
        user = selectors.user_by_phone(number)
        row = user and self.get_queryset(request).filter(**{self.whose: user.pk}).first()
        if user is None or row is None:
            return self._told(request, "没有找到这个手机号")
        services.record_found(staff=actor_of(request), user=user)
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def _told(self, request: HttpRequest, why: str) -> str:
        self.message_user(request, why, level=messages.WARNING)
        return ""
