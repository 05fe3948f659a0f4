"""An order has several refunds: instead of the one's id, what is to go back of its money and what is back."""

from django.db import migrations, models

KEEP = """
UPDATE orders_order o SET refund_fen = r.amount_fen,
    refunded_fen = CASE WHEN o.refunded_at IS NULL THEN 0 ELSE r.amount_fen END
FROM payments_refund r WHERE r.id = o.refund_id
"""
BACK = """
UPDATE orders_order o SET refund_id = (
    SELECT min(r.id) FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
    WHERE p.order_id = o.id AND r.key NOT LIKE '%%:late'
) WHERE refund_fen > 0
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0041_alarms"), ("payments", "0050_refunds")]

    operations = [
        migrations.AddField(
            model_name="order", name="refund_fen", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            model_name="order", name="refunded_fen", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.RunSQL(KEEP, BACK.replace("%%", "%")),
        migrations.RemoveField(model_name="order", name="refund_id"),
    ]
