"""Compensations: one for each thing that went wrong, not one for each rule. Work that has begun; a price that falls."""

from django.db import migrations, models

BEGUN = """
UPDATE orders_order o SET work_begun = true
WHERE EXISTS (SELECT 1 FROM orders_orderevent e WHERE e.order_id = o.id AND e.type = 'started');
ALTER TABLE orders_orderevent DISABLE TRIGGER order_event_append_only;
UPDATE orders_orderevent e SET changes = e.changes || '{"work_begun": true}' FROM orders_order o
WHERE o.id = e.order_id AND o.work_begun
AND e.version = (SELECT max(version) FROM orders_orderevent WHERE order_id = o.id);
-- Levels had other names, and nobody had one.
UPDATE orders_policy SET data = jsonb_set(data, '{by_level}', '{}') WHERE data -> 'by_level' <> '{}';
UPDATE orders_order SET policies = jsonb_set(policies, '{commission,by_level}', '{}')
WHERE policies #> '{commission,by_level}' <> '{}';
UPDATE orders_orderevent SET changes = jsonb_set(changes, '{policies,commission,by_level}', '{}')
WHERE changes #> '{policies,commission,by_level}' <> '{}';
ALTER TABLE orders_orderevent ENABLE TRIGGER order_event_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_warranty")]

    operations = [
        migrations.RemoveConstraint("compensation", "compensation_once"),
        migrations.AddField("compensation", "key", models.CharField(default="", max_length=80), preserve_default=False),
        migrations.AddConstraint(
            "compensation",
            models.UniqueConstraint(fields=["order", "user", "rule", "key"], name="compensation_once"),
        ),
        migrations.AlterField("proposal", "amount_fen", models.IntegerField(default=0)),
        migrations.AddField("order", "work_begun", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(BEGUN, migrations.RunSQL.noop),
    ]
