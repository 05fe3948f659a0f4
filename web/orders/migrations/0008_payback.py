"""Compensations: one for each thing that went wrong, not one for each rule."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_time_travel_begins")]

    operations = [
        migrations.RemoveConstraint("compensation", "compensation_once"),
        migrations.AddField("compensation", "key", models.CharField(default="", max_length=80), preserve_default=False),
        migrations.AddConstraint(
            "compensation",
            models.UniqueConstraint(fields=["order", "user", "rule", "key"], name="compensation_once"),
        ),
    ]
