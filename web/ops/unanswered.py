"""What cannot be answered is answered in the back office's own frame, with the way home."""

import logging

from django.contrib import admin
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import csrf

KINDS = (Http404, PermissionDenied, SuspiciousOperation)


def answer(request: HttpRequest, refusal: Exception) -> HttpResponse:
    """refusal: of KINDS."""
    if isinstance(refusal, Http404):
        return _page(request, 404, "没有找到这个页面", "地址可能写错了，或者内容已被删除。")
    if isinstance(refusal, PermissionDenied):
        return _page(request, 403, "没有权限", "您的岗位或城市不能打开这个页面，或不能这样做。需要时请联系主管。")
    # As Django keeps what it answers itself.
    log = logging.getLogger(f"django.security.{type(refusal).__name__}")
    log.error(str(refusal), extra={"status_code": 400, "request": request}, exc_info=refusal)
    return _page(request, 400, "请求有误", "页面不能这样打开，请从菜单重新进入。")


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: of another session, or sent from elsewhere. In the frame for who is in."""
    # Of a POST alone this is asked in a thread that may read the session.
    if request.method == "POST" and request.path.startswith("/ops/") and admin.site.has_permission(request):
        return _page(request, 403, "页面已过期", "请返回上一页，刷新后再提交。")
    return csrf.csrf_failure(request, reason)


def _page(request: HttpRequest, status: int, title: str, note: str) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title, "note": note}
    return render(request, "ops/unanswered.html", context, status=status)
