"""An order has several refunds: instead of the one's id, what is to go back of its money and what is back."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

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
    dependencies = [
        ("orders", "0004_steps_on_the_order"),
        ("payments", "0050_refunds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="order", name="refund_fen", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            model_name="order", name="refunded_fen", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            model_name="order", name="commission_bp", field=models.PositiveSmallIntegerField(blank=True, null=True)
        ),
        migrations.AddField(model_name="order", name="frozen_until", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="order", name="released_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(FIXED, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, BACK),
        migrations.RemoveField(model_name="order", name="refund_id"),
        migrations.CreateModel(
            name="RefundDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tip_id", models.BigIntegerField(default=0)),
                ("amount_fen", models.PositiveIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("quality", "服务质量问题"),
                            ("incomplete", "服务未全部完成"),
                            ("damage", "物品损坏"),
                            ("overcharged", "收费有误"),
                            ("goodwill", "平台关怀"),
                            ("agreed", "双方协商"),
                            ("other", "其他原因"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "bearer",
                    models.CharField(
                        choices=[("shared", "平台与服务人员按比例承担"), ("platform", "平台承担")], max_length=10
                    ),
                ),
                ("settled", models.BooleanField()),
                ("key", models.CharField(max_length=80, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_decisions",
                        to="orders.orderline",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_decisions", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "退款决定",
                "verbose_name_plural": "退款决定",
            },
        ),
    ]
