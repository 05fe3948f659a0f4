from django.db import migrations, models

FILL = """
UPDATE orders_order o SET steps_done = r.done, steps_total = r.total
FROM (SELECT order_id, count(done_at) AS done, count(*) AS total FROM orders_servicerecord GROUP BY order_id) r
WHERE r.order_id = o.id
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_alarm_kinds")]

    operations = [
        migrations.AddField("order", "steps_done", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AddField("order", "steps_total", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
