"""From here on orders can be rebuilt: it sees every column that there is now, so columns that come later fill the
newest events, too.
"""

from django.db import migrations

# Of orders from before, the newest event keeps the whole row: from then on they can be rebuilt, and what was before
# nobody wrote down. It is the one time that the timeline is written to again.
BEGIN = """
ALTER TABLE orders_orderevent DISABLE TRIGGER order_event_append_only;
UPDATE orders_orderevent e SET changes = to_jsonb(o) - 'id' - 'version' FROM orders_order o
WHERE o.id = e.order_id AND e.version = (SELECT max(version) FROM orders_orderevent WHERE order_id = o.id);
ALTER TABLE orders_orderevent ENABLE TRIGGER order_event_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_refunds_kept")]

    operations = [
        migrations.RemoveField("order", "refund_id"),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
