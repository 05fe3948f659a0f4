from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without a transaction: orders go on while it is built."""

    atomic = False

    dependencies = [
        ("orders", "0013_moves_at"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["moves_at"], name="order_moves_at"),
        ),
    ]
