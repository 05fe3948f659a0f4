from django.db import migrations, models


class Migration(migrations.Migration):
    """Empty until an order's next step: until then it is found as before, by its phase."""

    dependencies = [
        ("orders", "0012_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="moves_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
