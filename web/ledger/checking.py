"""The proof that the ledger is right: questions to the database whose answers must be empty.

Plain SQL over the tables of ledger, payments, orders and marketing, on purpose: what checks the books must not share a
function with what writes them. Each query returns (what it is about, a sentence's rest); see `manage.py ledger_check`.
"""

from typing import NamedTuple

from django.db import connection

SHOWN = 50
"""So many disagreements of each kind are told; the rest is counted."""


class Disagreement(NamedTuple):
    """check: which question; about: a row's name, for example `payment:7`; what: what is wrong, in fen."""

    check: str
    about: str
    what: str


_SUM = "SELECT coalesce(sum(p.amount_fen), 0) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id"
_BOOKS = """ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    JOIN ledger_journal j ON j.id = p.journal_id"""
_WITHDRAWAL_KEYS = """ARRAY['withdrawal:' || w.id || ':asked', 'withdrawal:' || w.id || ':paid',
    'withdrawal:' || w.id || ':returned']"""
"""All that a withdrawal may have; named whole, so that each is looked up and not searched for."""

_OWN = "r.key NOT LIKE '%:late'"

CHECKS: dict[str, str] = {
    "every fact sums to zero": """
        SELECT 'journal:' || j.key, 'sums to ' || coalesce(sum(p.amount_fen), 0) || ' in ' || count(p.id) || ' sides'
        FROM ledger_journal j LEFT JOIN ledger_posting p ON p.journal_id = j.id
        GROUP BY j.id HAVING coalesce(sum(p.amount_fen), 0) <> 0 OR count(p.id) = 1
    """,
    "all accounts sum to zero": """
        SELECT 'ledger', 'is off by ' || sum(amount_fen) FROM ledger_posting HAVING sum(amount_fen) <> 0
    """,
    "every payment is posted": f"""
        SELECT 'payment:' || y.id, 'paid ' || y.amount_fen || ', posted ' || coalesce(f.fen, 0)
        FROM payments_payment y
        LEFT JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.key = 'payment:' || y.id AND a.kind = 'cash' AND a.channel = y.channel) f(fen) ON true
        WHERE f.fen <> CASE WHEN y.state = 'paid' THEN y.amount_fen ELSE 0 END
    """,
    "every posted payment was paid": """
        SELECT 'journal:' || j.key, 'has no payment' FROM ledger_journal j
        LEFT JOIN payments_payment y ON j.key = 'payment:' || y.id AND y.state = 'paid'
        WHERE j.kind = 'payment' AND y.id IS NULL
    """,
    "every refund is posted": f"""
        SELECT 'refund:' || r.id, 'gave back ' || r.amount_fen || ', posted ' || -f.fen
        FROM payments_refund r JOIN payments_payment y ON y.id = r.payment_id
        LEFT JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.key = 'refund:' || r.id AND a.kind = 'cash' AND a.channel = y.channel) f(fen) ON true
        WHERE -f.fen <> CASE WHEN r.state = 'done' THEN r.amount_fen ELSE 0 END
    """,
    "every posted refund was given back": """
        SELECT 'journal:' || j.key, 'has no refund' FROM ledger_journal j
        LEFT JOIN payments_refund r ON j.key = 'refund:' || r.id AND r.state = 'done'
        WHERE j.kind = 'refund' AND r.id IS NULL
    """,
    "what is owed to customers is on its way": f"""
        SELECT 'order:' || o.id, 'owes ' || -owed.fen || ' back, and ' || way.fen || ' is on its way'
        FROM orders_order o
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.order_id = o.id AND a.kind = 'refunds_payable' AND a.owner = 0) owed(fen) ON true
        JOIN LATERAL (SELECT coalesce(sum(r.amount_fen), 0) FROM payments_refund r
            JOIN payments_payment y ON y.id = r.payment_id
            WHERE y.order_id = o.id AND r.state <> 'done') way(fen) ON true
        WHERE -owed.fen <> way.fen
    """,
    "no payment gives back more than it was": """
        SELECT 'payment:' || y.id, 'was ' || y.amount_fen || ', gives back ' || sum(r.amount_fen)
        FROM payments_payment y JOIN payments_refund r ON r.payment_id = y.id
        GROUP BY y.id HAVING sum(r.amount_fen) > y.amount_fen
    """,
    "the gateway has what we have": """
        SELECT 'trade:' || t.out_number, t.kind || ' of ' || t.amount_fen || ' is not in our books so'
        FROM payments_sandboxtrade t
        LEFT JOIN payments_payment y ON t.out_number = 'P' || y.id AND y.state = 'paid' AND y.amount_fen = t.amount_fen
        LEFT JOIN payments_refund r ON t.out_number = 'R' || r.id AND r.amount_fen = t.amount_fen
        LEFT JOIN ledger_withdrawal w ON t.out_number = 'W' || w.id AND w.amount_fen = t.amount_fen
        WHERE (t.kind = 'payment' AND t.state IN ('paid', 'held') AND y.id IS NULL)
            OR (t.kind = 'refund' AND r.id IS NULL)
            OR (t.kind = 'payout' AND (w.id IS NULL OR (t.state = 'success' AND w.state IN ('declined', 'returned'))))
    """,
    "we have what the gateway has": """
        SELECT f.number, f.what || ' of ' || f.fen || ' is not in the gateway''s books' FROM (
            SELECT 'P' || id, 'payment', amount_fen, channel FROM payments_payment WHERE state = 'paid'
            UNION ALL SELECT 'R' || r.id, 'refund', r.amount_fen, y.channel FROM payments_refund r
                JOIN payments_payment y ON y.id = r.payment_id WHERE r.state = 'done'
            UNION ALL SELECT 'W' || id, 'payout', amount_fen, channel FROM ledger_withdrawal WHERE state = 'paid'
        ) f(number, what, fen, channel)
        LEFT JOIN payments_sandboxtrade t ON t.out_number = f.number AND t.amount_fen = f.fen
            AND t.state IN ('paid', 'held', 'done', 'success')
        WHERE f.channel = 'sandbox' AND t.id IS NULL
    """,
    "every withdrawal is posted": f"""
        SELECT 'withdrawal:' || w.id,
            w.state || ', of ' || w.amount_fen || ' on its way ' || -way.fen || ', paid ' || -out.fen
        FROM ledger_withdrawal w
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.key = ANY ({_WITHDRAWAL_KEYS}) AND a.kind = 'payouts' AND a.owner = w.payee_id
        ) way(fen) ON true
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.key = ANY ({_WITHDRAWAL_KEYS}) AND a.kind = 'cash') out(fen) ON true
        WHERE -way.fen <> CASE WHEN w.state IN ('requested', 'approved', 'waiting') THEN w.amount_fen ELSE 0 END
            OR -out.fen <> CASE WHEN w.state = 'paid' THEN w.amount_fen ELSE 0 END
    """,
    "every posted withdrawal was asked for": f"""
        SELECT 'journal:' || j.key, 'has no withdrawal' FROM ledger_journal j
        LEFT JOIN (SELECT unnest({_WITHDRAWAL_KEYS}) FROM ledger_withdrawal w) known(key) ON known.key = j.key
        WHERE j.kind LIKE 'withdrawal%' AND known.key IS NULL
    """,
    "every compensation is posted": f"""
        SELECT 'order:' || order_id, 'compensates ' || coalesce(c.fen, 0) || ', posted ' || coalesce(-f.fen, 0)
        FROM (SELECT order_id, user_id, sum(amount_fen) AS fen FROM orders_compensation GROUP BY 1, 2) c
        FULL JOIN (SELECT j.order_id, a.owner AS user_id, sum(p.amount_fen) AS fen FROM {_BOOKS}
            WHERE j.kind = 'compensation' AND a.owner <> 0 GROUP BY 1, 2) f USING (order_id, user_id)
        WHERE c.fen IS DISTINCT FROM -f.fen
    """,
    "what a customer is compensated with is owed, on its way or paid": f"""
        SELECT 'order:' || o.id, 'compensates ' || c.fen || ', owes ' || -owed.fen || ', paid out ' || way.fen
        FROM orders_order o
        JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) FROM orders_compensation
            WHERE order_id = o.id AND user_id = o.customer_id) c(fen) ON true
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.order_id = o.id AND a.kind = 'refunds_payable' AND a.owner = o.customer_id) owed(fen) ON true
        JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) FROM ledger_withdrawal
            WHERE order_id = o.id AND state IN ('approved', 'waiting', 'paid')) way(fen) ON true
        WHERE -owed.fen <> c.fen - way.fen OR way.fen > c.fen
    """,
    "every order's lines are its total": """
        SELECT 'order:' || o.id, 'total ' || o.total_fen || ', lines ' || coalesce(sum(l.amount_fen), 0)
        FROM orders_order o LEFT JOIN orders_orderline l ON l.order_id = o.id
        GROUP BY o.id HAVING o.total_fen <> coalesce(sum(l.amount_fen), 0)
    """,
    "every discount is on the lines that it takes off": """
        SELECT 'order:' || o.id, 'takes off ' || s.off_fen || ', of its lines ' || s.parts_fen
        FROM orders_order o
        JOIN LATERAL (SELECT
            coalesce(-sum(l.amount_fen) FILTER (WHERE l.rule ~ '^(campaign:|coupon:|points$)'), 0),
            coalesce(sum(l.discount_fen), 0)
            FROM orders_orderline l WHERE l.order_id = o.id) s(off_fen, parts_fen) ON true
        WHERE s.off_fen <> s.parts_fen OR o.discount_fen > s.off_fen OR o.discount_worker_fen > o.discount_fen
    """,
    "every discount that the platform bears is posted": f"""
        SELECT 'order:' || o.id, 'bears ' || o.discount_fen - o.discount_worker_fen || ', posted ' || f.fen
        FROM orders_order o
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.order_id = o.id AND a.kind = 'coupons' AND j.kind <> 'coupons_corrected') f(fen) ON true
        WHERE f.fen <> CASE WHEN o.settled_at IS NOT NULL OR o.phase = 'CANCELLED'
            THEN o.discount_fen - o.discount_worker_fen ELSE 0 END
    """,
    "a coupon or campaign that was given back costs nothing": f"""
        SELECT 'order:' || o.id, 'has given back ' || back.rule || ', posted ' || f.fen
        FROM (SELECT l.order_id, l.rule FROM orders_orderline l JOIN marketing_coupon c
                ON l.rule = 'coupon:' || c.id AND c.order_id IS DISTINCT FROM l.order_id
            UNION SELECT u.order_id, 'campaign:' || u.campaign_id FROM marketing_campaignuse u
                WHERE u.state = 'returned') back
        JOIN orders_order o ON o.id = back.order_id
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.order_id = o.id AND a.kind = 'coupons') f(fen) ON true
        WHERE f.fen <> 0
    """,
    "every order knows what goes back": f"""
        SELECT 'order:' || o.id, 'says ' || o.refund_fen || ' and ' || o.refunded_fen || ', refunds ' || s.all_fen
            || ' and ' || s.done_fen FROM orders_order o
        JOIN LATERAL (SELECT coalesce(sum(r.amount_fen), 0),
            coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'done'), 0)
            FROM payments_refund r JOIN payments_payment y ON y.id = r.payment_id
            WHERE y.order_id = o.id AND {_OWN}) s(all_fen, done_fen) ON true
        WHERE o.imported_from = ''
            AND (o.refund_fen <> s.all_fen OR (o.ended_at IS NOT NULL AND o.refunded_fen <> s.done_fen))
    """,
    "nothing of an order that ended is in transit or frozen": f"""
        SELECT 'order:' || o.id, account_kind || ' ' || -f.fen FROM orders_order o
        CROSS JOIN unnest(ARRAY['in_transit', 'worker_frozen']) account_kind
        JOIN LATERAL ({_SUM} JOIN ledger_journal j ON j.id = p.journal_id
            WHERE j.order_id = o.id AND a.kind = account_kind) f(fen) ON true
        WHERE o.ended_at IS NOT NULL AND f.fen <> 0
    """,
}
"""Question -> the query that answers it with nothing."""


def disagreements() -> list[Disagreement]:
    """All that is wrong, as of one moment: inside a transaction of the caller's. Empty is the proof."""
    found = []
    with connection.cursor() as cursor:
        for check, sql in CHECKS.items():
            cursor.execute(sql)
            rows = cursor.fetchall()
            found += [Disagreement(check, about, what) for about, what in rows[:SHOWN]]
            if len(rows) > SHOWN:
                found.append(Disagreement(check, "more", f"{len(rows) - SHOWN} like these"))
    return found
