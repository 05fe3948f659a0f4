import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_shelves"),
        ("orders", "0014_moves_at_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="chosen",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="order",
            name="service_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.serviceversion"
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="staff",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="orderline",
            name="rule_version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="unit",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="name",
            field=models.CharField(max_length=100),
        ),
    ]
