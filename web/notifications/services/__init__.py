"""Writing messages, bringing them to people, and what people allow and refuse."""

from web.notifications.services.consenting import choose, give_consents, put_wechat_account
from web.notifications.services.delivering import PUT_OFF, close_lost_deliveries, deliver
from web.notifications.services.hearing import hear_wechat
from web.notifications.services.notifying import About, notify, notify_once
from web.notifications.services.planning import plan_deliveries
from web.notifications.services.pruning import PRUNED_AT_ONCE, prune_messages
from web.notifications.services.reading import mark_read, mark_seen
from web.notifications.services.receiving import keep_receipts, settle_receipts

__all__ = [
    "PRUNED_AT_ONCE",
    "PUT_OFF",
    "About",
    "choose",
    "close_lost_deliveries",
    "deliver",
    "give_consents",
    "hear_wechat",
    "keep_receipts",
    "mark_read",
    "mark_seen",
    "notify",
    "notify_once",
    "plan_deliveries",
    "prune_messages",
    "put_wechat_account",
    "settle_receipts",
]
