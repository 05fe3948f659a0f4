"""What an order's one refund said goes on in what is to go back and what is back; the platform's part of orders that
have a worker is what their terms say.
"""

from django.db import migrations

KEEP = """
UPDATE orders_order o SET refund_fen = r.amount_fen,
    refunded_fen = CASE WHEN o.refunded_at IS NULL THEN 0 ELSE r.amount_fen END
FROM payments_refund r WHERE r.id = o.refund_id
"""
FIXED = """
UPDATE orders_order SET commission_bp = coalesce((policies -> 'commission' ->> 'platform_bp')::int, 2000)
WHERE worker_id IS NOT NULL
"""
BACK = """
UPDATE orders_order o SET refund_id = (
    SELECT min(r.id) FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
    WHERE p.order_id = o.id AND r.key NOT LIKE '%:late'
) WHERE refund_fen > 0
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_full_strength"), ("payments", "0004_refunds_and_payouts")]

    operations = [migrations.RunSQL(FIXED, migrations.RunSQL.noop), migrations.RunSQL(KEEP, BACK)]
