"""What providers tell us: WeChat's message push and the SMS vendor's receipts. Nobody signs in here."""

import hmac
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from web.errors import DoorbellError
from web.notifications import services
from web.notifications.channels.pushes import Signed, Unbelievable, read_push
from web.notifications.channels.tencent import read_receipts
from web.notifications.kinds import Channel
from web.openapi import refusals
from web.schemas import Schema

router = Router(auth=None)

BODY_MAX = 256 * 1024
PLAIN: dict[str, Any] = {
    "responses": {
        200: {"description": "What WeChat wants to hear", "content": {"text/plain": {"schema": {"type": "string"}}}}
    }
}


class ReportsTaken(Schema):
    """The vendor need not tell it again."""

    result: int = 0
    errmsg: str = "OK"


@router.get("/wechat/messages", openapi_extra=PLAIN | refusals("bad_signature"))
def answer_handshake(
    request: HttpRequest, signature: str = "", timestamp: str = "", nonce: str = "", echostr: str = ""
) -> HttpResponse:
    """WeChat looks whether this address is ours: its own word comes back."""
    try:
        Signed(signature, timestamp, nonce).check()
    except Unbelievable:
        raise DoorbellError("bad_signature") from None
    return HttpResponse(echostr, content_type="text/plain")


@router.post("/wechat/messages", openapi_extra=PLAIN | refusals("bad_signature"))
def hear_push(
    request: HttpRequest,
    signature: str = "",
    timestamp: str = "",
    nonce: str = "",
    msg_signature: str = "",
    encrypt_type: str = "",
    openid: str = "",
) -> HttpResponse:
    """An event of WeChat's: what somebody allowed or refused, what became of a message. XML or JSON, sealed or not.

    `encrypt_type` and `openid` say nothing that is believed: our setting says which mode it is, the body who it is.
    """
    try:
        push = read_push(_body(request), Signed(signature, timestamp, nonce, msg_signature))
    except Unbelievable:
        raise DoorbellError("bad_signature") from None
    if push:
        services.hear_wechat(push)
    return HttpResponse("success", content_type="text/plain")


@router.post("/sms/reports", response=ReportsTaken, openapi_extra=refusals("bad_signature", "malformed_json"))
def take_reports(request: HttpRequest, key: str = "") -> ReportsTaken:
    """The SMS vendor's receipts. It signs nothing: the key in its address is the word that it was given."""
    right = settings.SMS_REPORT_KEY
    if not right or not hmac.compare_digest(right.encode(), key.encode()):
        raise DoorbellError("bad_signature")
    try:
        reports = read_receipts(json.loads(_body(request)))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DoorbellError("malformed_json") from None
    services.keep_receipts(channel=Channel.SMS, reports=reports)
    return ReportsTaken()


def _body(request: HttpRequest) -> bytes:
    return request.read(BODY_MAX)
