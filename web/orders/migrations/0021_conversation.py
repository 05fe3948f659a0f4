"""The conversation of an order, and the photos that belong to it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0020_exceptions"),
        ("photos", "0001_photos"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("customer", "用户"), ("worker", "服务人员"), ("staff", "平台")], max_length=10
                    ),
                ),
                ("text", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("key", models.CharField(max_length=80)),
                ("body_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "订单会话",
                "verbose_name_plural": "订单会话",
            },
        ),
        migrations.CreateModel(
            name="OrderPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stage",
                    models.CharField(blank=True, choices=[("before", "服务前"), ("after", "服务后")], max_length=10),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="orders.exceptioncase",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="orders.message",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="orders.order"
                    ),
                ),
                (
                    "photo",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="photos.photo"),
                ),
                (
                    "record",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="orders.servicerecord",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["order", "-id"], name="message_of_order"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("author", "key"), name="message_once"),
        ),
        migrations.AddConstraint(
            model_name="orderphoto",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case", None), ("message", None), ("record__isnull", False)),
                    models.Q(("case", None), ("message__isnull", False), ("record", None)),
                    models.Q(("case__isnull", False), ("message", None), ("record", None)),
                    _connector="OR",
                ),
                name="order_photo_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderphoto",
            constraint=models.UniqueConstraint(fields=("record", "stage", "photo"), name="order_photo_once"),
        ),
    ]
