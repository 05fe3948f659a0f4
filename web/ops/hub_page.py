"""推送: how the hub's processes do, which topics are alive, a topic's log, and somebody's sockets."""

import json

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from web.accounts import hub_desk
from web.errors import DoorbellError
from web.ops.asking import told
from web.ops.forms import AskForm
from web.ops.site import actor_of

HEADINGS = (
    *("进程", "版本", "运行（秒）", "连接", "订阅", "主题", "排队字节"),
    *("待补缺口", "已补缺口", "落后", "静默（秒）", "延迟 p99（毫秒）"),
)


class TopicForm(AskForm):
    """Which topic's log. Reading it is recorded, for topics carry what concerns one person."""

    topic = forms.CharField(label="主题", max_length=200, widget=UnfoldAdminTextInputWidget)
    since = forms.IntegerField(label="从位置", required=False, widget=UnfoldAdminIntegerFieldWidget)
    field_order = ("topic", "since", "reason")


class UserForm(AskForm):
    """Whose sockets."""

    user_id = forms.IntegerField(label="用户编号", min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    field_order = ("user_id", "reason")


def hub(request: HttpRequest) -> HttpResponse:
    """Processes and live topics; what is asked of them is POSTed, with a reason, and recorded."""
    actor = actor_of(request)
    if not (actor.has_perm("hub.view") and actor.is_everywhere):
        raise PermissionDenied
    asked = request.POST.get("what", "")
    topic = TopicForm(request.POST if asked == "topic" else None, initial={"topic": request.GET.get("topic", "")})
    user = UserForm(request.POST if asked in ("user", "disconnect") else None)
    more: dict[str, object] = {}
    try:
        if asked == "disconnect" and user.is_valid():
            hub_desk.disconnect(actor=actor, user_id=user.cleaned_data["user_id"], reason=user.cleaned_data["reason"])
            messages.success(request, "已断开，对方会自动重新连接并重新验证身份")
            return HttpResponseRedirect(reverse("admin:hub"))
        more |= _answers(request, topic if asked == "topic" else None, user if asked == "user" else None)
        more["processes"] = hub_desk.processes(actor=actor)
        more["topics"], more["silent"] = hub_desk.live_topics(actor=actor, containing=request.GET.get("containing", ""))
    except DoorbellError as refusal:
        messages.error(request, told(refusal))
    own = {"title": "推送", "headings": HEADINGS, "topic_form": topic, "user_form": user}
    return TemplateResponse(request, "ops/hub.html", admin.site.each_context(request) | own | more)


def _answers(request: HttpRequest, topic: TopicForm | None, user: UserForm | None) -> dict[str, object]:
    actor = actor_of(request)
    if topic is not None and topic.is_valid():
        said = topic.cleaned_data
        page = hub_desk.read_topic(actor=actor, topic=said["topic"], reason=said["reason"], since=said["since"])
        shown = [(event["offset"], json.dumps(event["publication"], ensure_ascii=False)) for event in page.events]
        return {"page": page, "events": shown}
    if user is not None and user.is_valid():
        said = user.cleaned_data
        sockets, silent = hub_desk.connections_of(actor=actor, user_id=said["user_id"], reason=said["reason"])
        return {"sockets": sockets, "silent_sockets": silent, "looked_up": said["user_id"]}
    return {}
