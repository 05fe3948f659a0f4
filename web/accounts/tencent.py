"""腾讯云短信: login codes and notices by SendSms, through the vendor's own client, which signs (TC3-HMAC-SHA256).

The vendor takes no key by which a repetition would be known, so what may have been sent is never sent again. Neither
its errors nor its log leave this module: both repeat the request, phone number and all.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from web.accounts.phones import masked
from web.accounts.sessions import CODE_LIFETIME
from web.errors import DoorbellError
from web.notifications.channels import Away, Rejected, Unclear
from web.notifications.channels.network import never_connected

log = structlog.get_logger("sms")

TIMEOUT_S = 5
LATER = ("LimitExceeded", "RequestLimitExceeded")
"""Families of codes: too many at once, in this half minute, on this day. Nothing was sent."""

HIS_OWN = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist",  # he told the carriers or the vendor to leave him alone
        "FailedOperation.PhoneNumberParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
    }
)
"""Codes that speak of the number: never again to it, and nobody has to mend anything."""

OURS = (
    *("AuthFailure", "FailedOperation", "InvalidParameter", "InvalidParameterValue", "IpInBlacklist"),
    *("IpNotInWhitelist", "MissingParameter", "UnauthorizedOperation", "UnsupportedOperation", "UnsupportedRegion"),
)
"""Families that are refusals for a reason of ours: template, signature, key, rights, and the account's money
(InsufficientBalanceInSmsPackage, ServiceSuspendDueToArrears)."""


class TencentSms:
    """The vendor allows one message in 30 s, five in an hour and ten on a day to one number."""

    per_phone = ("5/10 minutes", "10/day")
    per_address = ("60/minute",)

    def send_code(self, *, phone: str, code: str) -> str | None:
        """Never shown. Raises DoorbellError rate_limited, unavailable, invalid_request (the number cannot have it)."""
        minutes = str(int(CODE_LIFETIME.total_seconds() // 60))
        values = [code, minutes][: settings.SMS_LOGIN_VALUES]
        try:
            _send(phone=phone, template=settings.SMS_LOGIN_TEMPLATE, values=values, reference="")
        except Unclear:
            # It may well arrive. Who waits in vain asks for another.
            log.warning("a login code may not have been sent", to=masked(phone))
        except Away as away:
            raise DoorbellError("rate_limited" if away.code.startswith(LATER) else "unavailable") from None
        except Rejected as rejected:
            if rejected.ours:
                log.error("the SMS vendor refuses login codes", code=rejected.code)
                raise DoorbellError("unavailable") from None
            problem = {"field": "phone", "problem": "unreachable"}
            raise DoorbellError("invalid_request", details={"fields": [problem]}) from None
        return None

    def send_notice(self, *, phone: str, template: str, values: Mapping[str, str], text: str, reference: str) -> str:
        """See Sms. values: the template's {1}, {2}, … by their numbers."""
        if not template:
            raise Rejected("no_template", ours=True)
        if not all(slot.isdecimal() for slot in values):
            raise Rejected("slots_are_numbers", ours=True)
        ordered = [values[slot] or "无" for slot in sorted(values, key=int)]
        return _send(phone=phone, template=template, values=ordered, reference=reference)


def _send(*, phone: str, template: str, values: list[str], reference: str) -> str:
    """The vendor's number of what it took. `from None` everywhere: its errors repeat what was asked."""
    request = SendSmsRequest()
    request.PhoneNumberSet, request.SmsSdkAppId = [phone], settings.SMS_APP_ID
    request.SignName, request.TemplateId, request.TemplateParamSet = settings.SMS_SIGN, template, values
    request.SessionContext = reference
    try:
        status = _client(
            settings.SMS_SECRET_ID, settings.SMS_SECRET_KEY, settings.SMS_REGION, settings.SMS_API
        ).SendSms(request)
        taken = status.SendStatusSet[0]
        code, number = str(taken.Code), str(taken.SerialNo or "")
    except TencentCloudSDKException as error:
        code, number = str(error.code), ""
        if code == "ClientNetworkError" and never_connected(error.__context__):
            raise Away("network") from None
    except (IndexError, TypeError, AttributeError):
        raise Unclear from None
    if code == "Ok":
        return number
    raise _meaning(code) from None


def _meaning(code: str) -> Exception:
    """What a code of the vendor's tells us. What is none of its refusals (a timeout of its own, an answer that broke
    off, a page of a proxy) may have been sent.
    """
    family = code.partition(".")[0]
    if code == "LimitExceeded.AppCountryOrRegionInBlacklist" or code in HIS_OWN:
        return Rejected(code)
    if family in LATER:
        return Away(code)
    if family in OURS:
        return Rejected(code, ours=True)
    return Unclear()


@lru_cache(maxsize=4)
def _client(secret_id: str, secret_key: str, region: str, api: str) -> Any:
    address = urlsplit(api)
    # It neither retries nor goes to another region by itself: both are off unless asked for.
    http = HttpProfile(protocol=address.scheme, endpoint=address.netloc, reqTimeout=TIMEOUT_S)
    return SmsClient(Credential(secret_id, secret_key), region, ClientProfile(httpProfile=http))
