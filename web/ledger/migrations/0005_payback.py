"""A customer's compensation is paid out as a worker's withdrawal is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_withdrawals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("withdrawal", "withdrawal_once"),
        migrations.RemoveConstraint("withdrawal", "withdrawal_one_open"),
        migrations.RenameField("withdrawal", "worker", "payee"),
        migrations.AlterField(
            "withdrawal",
            "payee",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawals",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "withdrawal", "compensation_id", models.BigIntegerField(blank=True, db_index=True, null=True)
        ),
        migrations.AddField("withdrawal", "order_id", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField(
            "withdrawal",
            "note",
            web.accounts.encryption.EncryptedTextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "withdrawal", models.UniqueConstraint(fields=["payee", "key"], name="withdrawal_once")
        ),
        migrations.AddConstraint(
            "withdrawal",
            models.UniqueConstraint(
                fields=["payee"],
                condition=models.Q(state__in=("requested", "approved", "waiting"), compensation_id=None),
                name="withdrawal_one_open",
            ),
        ),
        migrations.AddConstraint(
            "withdrawal",
            models.UniqueConstraint(
                fields=["compensation_id"],
                condition=models.Q(state__in=("approved", "waiting", "paid")),
                name="withdrawal_one_compensation",
            ),
        ),
    ]
