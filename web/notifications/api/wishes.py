"""What one wants to be sent outside the app, and what WeChat was allowed to."""

from ninja import Router, Status

from web.accounts.auth import SignedRequest, require
from web.accounts.rates import RateLimit
from web.errors import DoorbellError
from web.notifications import selectors, services
from web.notifications.channels import Away, Rejected
from web.notifications.channels.wechat import WeChatSender, openid_of
from web.notifications.schemas import Preference, PreferenceChange, Subscription, Tap, WeChatLogin
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey, required
from workflows.transitions import Role

router = Router(auth=require(Role.CUSTOMER, Role.WORKER))

WECHAT_LOGINS = RateLimit("wechat:login", "10/minute")


@router.get("/subscriptions", response=list[Subscription])
def list_subscriptions(request: SignedRequest) -> list[Subscription]:
    """The templates one may be asked to allow, and how many messages of each WeChat still lets us send."""
    return _subscriptions(request)


@router.post(
    "/subscriptions", response=list[Subscription], openapi_extra=refusals("idempotency_key_required", "invalid_request")
)
def record_tap(request: SignedRequest, payload: Tap, key: IdempotencyKey = "") -> list[Subscription]:
    """What a tap on WeChat's dialogue allowed: each accepted template is good for one message. The same key counts
    once.
    """
    tap = required(key)
    known = set(selectors.templates_for(Role(request.auth.role)))
    if not {*payload.accepted, *payload.rejected} <= known:
        raise DoorbellError("invalid_request", details={"templates": sorted(known)})
    services.give_consents(user_id=request.auth.pk, templates=payload.accepted, key=tap)
    return _subscriptions(request)


@router.put(
    "/wechat",
    response={204: None},
    openapi_extra=refusals("wrong_code", "not_offered", "unavailable", "rate_limited"),
)
def put_wechat(request: SignedRequest, payload: WeChatLogin) -> Status[None]:
    """Say who one is to WeChat, with the code of wx.login: without it nobody can be sent a subscription message."""
    WECHAT_LOGINS.spend(str(request.auth.pk))
    if not WeChatSender().is_on():
        raise DoorbellError("not_offered")
    try:
        openid = openid_of(payload.code)
    except Away:
        raise DoorbellError("unavailable") from None
    except Rejected:
        raise DoorbellError("wrong_code") from None
    services.put_wechat_account(user_id=request.auth.pk, openid=openid)
    return Status(204, None)


@router.get("/messages/preferences", response=list[Preference])
def list_preferences(request: SignedRequest) -> list[Preference]:
    """The kinds of messages that go outside the app, and whether one wants each."""
    return _preferences(request)


@router.put("/messages/preferences", response=list[Preference], openapi_extra=refusals("invalid_request"))
def change_preference(request: SignedRequest, payload: PreferenceChange) -> list[Preference]:
    """Take a kind outside the app, or not; one that is critical comes all the same."""
    services.choose(user_id=request.auth.pk, kind=payload.kind, on=payload.on)
    return _preferences(request)


def _subscriptions(request: SignedRequest) -> list[Subscription]:
    return [
        Subscription(template=template, label=label, id=id, sends_left=left)
        for template, label, id, left in selectors.subscriptions_of(request.auth)
    ]


def _preferences(request: SignedRequest) -> list[Preference]:
    return [
        Preference(kind=name, label=kind.label, critical=kind.critical, on=on)
        for name, kind, on in selectors.preferences_of(request.auth)
    ]
