"""One word for one thing: what goes wrong with a visit are exceptions, what is complained of afterwards are cases; and
what a case may lead to.
"""

import django.db.models.deletion
from django.db import migrations, models

# What was completed before may be made good as long as it may be complained about.
COVERED = """
UPDATE orders_order SET warranty_until = review_until WHERE phase = 'COMPLETED' AND ended_at IS NULL;
ALTER TABLE orders_orderevent DISABLE TRIGGER order_event_append_only;
UPDATE orders_orderevent e
SET changes = e.changes || jsonb_build_object('warranty_until', e.changes -> 'review_until')
FROM orders_order o WHERE o.id = e.order_id AND o.warranty_until IS NOT NULL AND e.changes ? 'review_until';
ALTER TABLE orders_orderevent ENABLE TRIGGER order_event_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_time_travel_begins")]

    operations = [
        migrations.RenameModel("ExceptionCase", "OrderException"),
        migrations.AlterField(
            "orderexception",
            "order",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="exceptions", to="orders.order"
            ),
        ),
        migrations.AlterField(
            "aftersalescase",
            "order",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="orders.order"),
        ),
        migrations.RemoveConstraint("orderphoto", "order_photo_of_one"),
        # Without its index: that keeps its name, which the new field's will have.
        migrations.AlterField(
            "orderphoto",
            "case",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="orders.orderexception",
            ),
        ),
        migrations.RenameField("orderphoto", "case", "exception"),
        migrations.AlterField(
            "orderphoto",
            "exception",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="orders.orderexception",
            ),
        ),
        migrations.AddField(
            "orderphoto",
            "case",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="orders.aftersalescase",
            ),
        ),
        migrations.AddConstraint(
            "orderphoto",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case", None), ("exception", None), ("message", None), ("record__isnull", False)),
                    models.Q(("case", None), ("exception", None), ("message__isnull", False), ("record", None)),
                    models.Q(("case", None), ("exception__isnull", False), ("message", None), ("record", None)),
                    models.Q(("case__isnull", False), ("exception", None), ("message", None), ("record", None)),
                    _connector="OR",
                ),
                name="order_photo_of_one",
            ),
        ),
        migrations.AddField(
            "order",
            "rework_of",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reworks",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            "order",
            "rework_by",
            models.CharField(
                blank=True,
                choices=[("first", "优先由原服务人员返工"), ("anybody", "不限服务人员"), ("another", "更换服务人员")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField("order", "warranty_until", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "aftersalescase",
            "outcome",
            models.CharField(
                blank=True,
                choices=[
                    ("declined", "不予支持"),
                    ("noted", "已核实并记录"),
                    ("refunded", "同意退款"),
                    ("rework", "安排返工"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            "aftersalescase",
            "refund",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="case",
                to="orders.refunddecision",
            ),
        ),
        migrations.AddField(
            "aftersalescase",
            "rework",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="asked_by",
                to="orders.order",
            ),
        ),
        migrations.RunSQL(COVERED, migrations.RunSQL.noop),
    ]
