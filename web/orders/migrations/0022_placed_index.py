from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without a transaction: orders go on while it is built."""

    atomic = False

    dependencies = [
        ("orders", "0021_way_kept"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["placed_at", "id"], name="order_placed"),
        ),
    ]
