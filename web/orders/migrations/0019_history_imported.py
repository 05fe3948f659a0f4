import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without one transaction: what is already there is looked through without a lock that orders wait for."""

    atomic = False

    dependencies = [
        ("catalog", "0006_searching"),
        ("orders", "0018_picked_worker"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedOrder",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="imported",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("source", models.CharField(max_length=20)),
                ("external_id", models.CharField(max_length=50)),
                ("body_hash", models.CharField(max_length=64)),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("rating", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "历史订单",
                "verbose_name_plural": "历史订单",
            },
        ),
        migrations.AddField(
            model_name="order",
            name="imported_from",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        AddConstraintNotValid(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("imported_from", ""), models.Q(("ended_at__isnull", False), ("moves_at", None)), _connector="OR"
                ),
                name="order_imported_is_over",
            ),
        ),
        ValidateConstraint(model_name="order", name="order_imported_is_over"),
        migrations.AddConstraint(
            model_name="importedorder",
            constraint=models.UniqueConstraint(fields=("source", "external_id"), name="imported_once"),
        ),
        migrations.AddConstraint(
            model_name="importedorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating", None), models.Q(("rating__gte", 1), ("rating__lte", 5)), _connector="OR"),
                name="imported_rating",
            ),
        ),
    ]
