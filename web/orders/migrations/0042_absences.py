"""Nobody at the door; what the platform pays; alarms that a person closes."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0041_alarms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("order", "no_show", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("order", "absent_until", models.DateTimeField(null=True, blank=True)),
        migrations.AddField("order", "absence_proven", models.BooleanField(default=False, db_default=False)),
        migrations.AddField(
            "alarm",
            "closed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "alarm", "note", web.accounts.encryption.EncryptedTextField(blank=True, default=""), preserve_default=False
        ),
        migrations.AlterField(
            "alarm",
            "kind",
            models.CharField(
                choices=[
                    ("nobody_accepts", "无人接单"),
                    ("start_near", "临近未派"),
                    ("late_to_depart", "未按时出发"),
                    ("not_departed", "迟迟未出发"),
                    ("late_to_arrive", "未按时到达"),
                    ("not_arrived", "服务人员未到场"),
                    ("worker_silent", "服务人员失联"),
                    ("absence", "用户不在待核实"),
                    ("not_started", "到达后迟迟未开始"),
                    ("overrun", "服务超时未完成"),
                    ("start_code_locked", "服务码锁定"),
                    ("needs_ops", "需要人工处理"),
                    ("compensation_due", "待支付补偿"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Compensation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rule",
                    models.CharField(
                        choices=[("worker_no_show", "服务人员未到场"), ("staff", "平台补偿")], max_length=20
                    ),
                ),
                ("amount_fen", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="compensations", to="orders.order"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("order", "user", "rule"), name="compensation_once")],
            },
        ),
    ]
