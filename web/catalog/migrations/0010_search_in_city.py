from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without a transaction: searches go on while it is built."""

    atomic = False

    dependencies = [
        ("catalog", "0009_what_was_shown"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="search",
            index=models.Index(fields=["city", "at"], name="search_in_city"),
        ),
    ]
