"""腾讯云短信 as its documents have it, for one application: SendSms, signed by TC3-HMAC-SHA256, and the receipts that
it pushes. The signature is checked over the bytes that came, by the documents and not by the vendor's own client.

with tencent() as standin:
    standin.templates["1001"] = 2
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.web.notifications.listening import Answering, listening

SECRET_ID, SECRET_KEY, APP_ID, SIGN = "AKIDstandin", "standin-secret-key", "1400006666", "门铃"
AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Tencent:
    """templates: id -> how many variables it has. blocked: numbers that refuse all. script: what the next requests are
    answered instead: a code of the vendor's ("!" before it: as the answer's Error, else as the message's status),
    "drop" (taken, and the line cut before the answer), "page" (a proxy's HTML), "503".
    """

    def __init__(self) -> None:
        self.templates: dict[str, int] = {}
        self.blocked: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.script: list[str] = []
        self.tries = 0
        self.address = ""
        self.lock = threading.Lock()

    def receipt(self, number: int = 0, *, failure: str = "", session: bool = False) -> dict[str, str]:
        """What it pushes of the message of that number. session: the application has `ext` switched on."""
        message = self.sent[number]
        told = {
            "user_receive_time": "2026-12-01 10:00:03",
            "nationcode": "86",
            "mobile": message["PhoneNumberSet"][0].removeprefix("+86"),
            "report_status": "FAIL" if failure else "SUCCESS",
            "errmsg": failure or "DELIVRD",
            "description": "用户短信接收失败" if failure else "用户短信送达成功",
            "sid": message["SerialNo"],
        }
        return told | {"ext": message.get("SessionContext", "")} if session else told

    def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """SendStatus of the one number that was asked for."""
        [phone] = body["PhoneNumberSet"]
        code = self._refusal(body, phone)
        taken = body | {"SerialNo": f"2433:{len(self.sent)}:{time.time_ns()}"}
        if not code:
            self.sent.append(taken)
        return {
            "SerialNo": "" if code else taken["SerialNo"],
            "PhoneNumber": phone,
            "Fee": 0 if code else 1,
            "SessionContext": body.get("SessionContext", ""),
            "Code": code or "Ok",
            "Message": f"refused for {phone}" if code else "send success",
            "IsoCode": "CN",
        }

    def _refusal(self, body: dict[str, Any], phone: str) -> str:
        if body["SmsSdkAppId"] != APP_ID:
            return "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if body["SignName"] != SIGN:
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        if body["TemplateId"] not in self.templates:
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        if len(body["TemplateParamSet"]) != self.templates[body["TemplateId"]]:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        if not re.fullmatch(r"\+861\d{10}", phone):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        return "FailedOperation.PhoneNumberInBlacklist" if phone in self.blocked else ""


def wrong_with(headers: Any, body: bytes) -> str:
    """The code of what is wrong with a request's authentication; "" where it is right."""
    found = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if not found:
        return "AuthFailure.InvalidAuthorization"
    secret_id, date, signed, signature = found.groups()
    if secret_id != SECRET_ID:
        return "AuthFailure.SecretIdNotFound"
    stamp = int(headers["X-TC-Timestamp"])
    if abs(time.time() - stamp) > 300 or date != datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d"):
        return "AuthFailure.SignatureExpire"
    names = signed.split(";")
    if not {"content-type", "host"} <= set(names):
        return "AuthFailure.SignatureFailure"
    canonical_headers = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names)
    parts = ["POST", "/", "", canonical_headers, signed, hashlib.sha256(body).hexdigest()]
    request_hash = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    to_sign = "\n".join(["TC3-HMAC-SHA256", str(stamp), f"{date}/sms/tc3_request", request_hash])
    key = f"TC3{SECRET_KEY}".encode()
    for part in (date, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    right = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(right, signature) else "AuthFailure.SignatureFailure"


@contextmanager
def tencent() -> Iterator[Tencent]:
    """One that listens at `address` until the block ends."""
    standin = Tencent()
    with listening(type("Handler", (_Handler,), {"tencent": standin})) as standin.address:
        yield standin


class _Handler(Answering):
    tencent: Tencent

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wrong = wrong_with(self.headers, body)
        if wrong:
            self._refuse(wrong)
        elif (self.headers["X-TC-Action"], self.headers["X-TC-Version"]) != ("SendSms", "2021-01-11"):
            self._refuse("InvalidAction")
        elif not self.headers["X-TC-Region"]:
            self._refuse("MissingParameter")
        else:
            with self.tencent.lock:
                self._send(json.loads(body))

    def _send(self, body: dict[str, Any]) -> None:
        self.tencent.tries += 1
        match self.tencent.script.pop(0) if self.tencent.script else "":
            case "":
                self._answer({"SendStatusSet": [self.tencent.send(body)]})
            case "drop":
                self.tencent.send(body)
                self.close_connection = True
            case "page":
                self.write(200, b"<html>proxy</html>", "text/html")
            case "503":
                self.send_error(503)
            case code if code.startswith("!"):
                self._refuse(code.removeprefix("!"))
            case code:
                status = {"SerialNo": "", "PhoneNumber": body["PhoneNumberSet"][0], "Fee": 0, "Code": code}
                self._answer({"SendStatusSet": [status | {"SessionContext": "", "Message": "scripted", "IsoCode": ""}]})

    def _refuse(self, code: str) -> None:
        self._answer({"Error": {"Code": code, "Message": "scripted, of a number"}})

    def _answer(self, body: dict[str, Any]) -> None:
        response = {"Response": body | {"RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}
        self.write(200, json.dumps(response).encode(), "application/json")
