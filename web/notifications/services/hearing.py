"""What WeChat tells of a person's consents and of the messages it took: it knows better than we do."""

from collections.abc import Mapping
from datetime import UTC, datetime

import hub
from web.accounts.encryption import keyed_hash
from web.notifications import selectors
from web.notifications.channels import Report
from web.notifications.channels.pushes import Push
from web.notifications.kinds import Channel
from web.notifications.models import ChannelTemplate, WeChatAccount
from web.notifications.services.consenting import TOLD_BY_WECHAT, give_consents, void_consents
from web.notifications.services.receiving import keep_receipts
from workflows.transitions import Role


def hear_wechat(push: Push) -> None:
    """Bring an event to the consent ledger, or to the inbox of receipts. The same again changes nothing.

    accept: one more send, unless the page has told of the tap. reject: none of those given until then. One openid may
    be a customer and a worker here: each hears of the templates that he may be asked to allow.
    """
    names = dict(ChannelTemplate.objects.filter(channel=Channel.WECHAT).values_list("code", "template"))
    told = [(names[item["TemplateId"]], item) for item in push.items if item.get("TemplateId") in names]
    accounts = WeChatAccount.objects.filter(openid_hash=keyed_hash(push.openid)).select_related("user")
    with hub.atomic():
        for user in (account.user for account in accounts.order_by("pk")):
            his = set(selectors.templates_for(Role(user.role)))
            for template, item in told:
                if template not in his:
                    continue
                if push.event == "subscribe_msg_sent_event":
                    keep_receipts(channel=Channel.WECHAT, reports=[_report(item, user.pk, template, at=push.at)])
                elif item.get("SubscribeStatusString") == "accept":
                    give_consents(user_id=user.pk, templates=[template], key=f"{TOLD_BY_WECHAT}{push.at}")
                elif item.get("SubscribeStatusString") == "reject":
                    # What he allowed after it holds, in whatever order the two came.
                    until = datetime.fromtimestamp(push.at + 1, UTC)
                    void_consents(user_id=user.pk, template=template, before=until)


def _report(item: Mapping[str, object], user_id: int, template: str, *, at: int) -> Report:
    code = str(item.get("ErrorCode", ""))
    number = str(item.get("MsgID") or f"{at}:{user_id}:{template}")
    return Report(number, arrived=code == "0", code="" if code == "0" else code, user_id=user_id, template=template)
