import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=40)),
                ("unit", models.CharField(max_length=10)),
                ("price_fen", models.PositiveIntegerField()),
                ("max_quantity", models.PositiveIntegerField()),
                ("extra_s", models.PositiveIntegerField(default=0)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="price_list", to="catalog.service"
                    ),
                ),
            ],
            options={
                "verbose_name": "价目",
                "verbose_name_plural": "价目",
                "ordering": ("position",),
                "constraints": [models.UniqueConstraint(fields=("service", "position"), name="price_item_once")],
            },
        ),
    ]
