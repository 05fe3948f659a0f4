import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_account_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("channel", models.CharField(max_length=20)),
                ("amount_fen", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "待审核"),
                            ("approved", "打款中"),
                            ("waiting", "待收款确认"),
                            ("paid", "已到账"),
                            ("declined", "审核未通过"),
                            ("returned", "打款失败，已退回余额"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("needs_ops", models.BooleanField(default=False)),
                ("gateway_no", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "提现",
                "verbose_name_plural": "提现",
                "constraints": [
                    models.UniqueConstraint(fields=("worker", "key"), name="withdrawal_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("requested", "approved", "waiting"))),
                        fields=("worker",),
                        name="withdrawal_one_open",
                    ),
                ],
            },
        ),
    ]
