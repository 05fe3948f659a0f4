"""An order that comes back from its worker, and when the next one can be there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0021_conversation")]

    operations = [
        migrations.AddField("order", "expected_at", models.DateTimeField(null=True, blank=True)),
        migrations.AlterField(
            "offer",
            "state",
            models.CharField(
                choices=[
                    ("open", "待接单"),
                    ("accepted", "已接单"),
                    ("refused", "已拒单"),
                    ("lapsed", "超时未接"),
                    ("withdrawn", "已撤回"),
                    ("returned", "已退回"),
                    ("failed", "未履约"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
