"""The message centre's rows, a module a noun."""

from web.notifications.models.consent import Consent, WeChatAccount
from web.notifications.models.delivery import Delivery, Receipt
from web.notifications.models.message import Message
from web.notifications.models.switchboard import ChannelRule, ChannelTemplate, OptOut

__all__ = ["ChannelRule", "ChannelTemplate", "Consent", "Delivery", "Message", "OptOut", "Receipt", "WeChatAccount"]
