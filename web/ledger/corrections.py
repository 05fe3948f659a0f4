"""Correcting what older versions posted: facts stay, another one makes them right. Each once, by its key."""

from django.db import connection

import hub
from web.ledger.services import post_coupons_corrected

_STILL_COST = """
    SELECT o.id, f.fen FROM orders_order o
    JOIN LATERAL (SELECT coalesce(sum(p.amount_fen), 0) FROM ledger_posting p
        JOIN ledger_account a ON a.id = p.account_id JOIN ledger_journal j ON j.id = p.journal_id
        WHERE j.order_id = o.id AND a.kind = 'coupons') f(fen) ON true
    WHERE o.settled_at IS NOT NULL AND o.discount_fen > 0 AND f.fen > 0
        AND EXISTS (SELECT FROM orders_refunddecision d
            WHERE d.order_id = o.id AND d.bearer = 'platform' AND d.tip_id = 0)
        AND (EXISTS (SELECT FROM marketing_campaignuse u WHERE u.order_id = o.id AND u.state = 'returned')
            OR EXISTS (SELECT FROM orders_orderline l JOIN marketing_coupon c ON l.rule = 'coupon:' || c.id
                WHERE l.order_id = o.id AND c.order_id IS DISTINCT FROM o.id))
    ORDER BY o.id
"""
"""Older versions gave coupon and campaigns back with a refund of everything at the platform's expense, and left their
cost where it was. Now the order's discount is nothing then: that it is not is the mark of the old reckoning.
"""


def correct_coupons() -> dict[int, int]:
    """Move what discounts cost that were given back from the coupons to the compensations, of settled orders of which
    the platform gave money back; order -> fen. What the worker bore of it stays his: his earnings were told and paid.
    A second call finds nothing.
    """
    with hub.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STILL_COST)
            found = {int(order_id): int(fen) for order_id, fen in cursor.fetchall()}
        for order_id, fen in found.items():
            post_coupons_corrected(order_id=order_id, amount_fen=fen)
    return found
