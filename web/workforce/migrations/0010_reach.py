"""A worker's reach, which follows from his switch, the hub's presence and his phone's word; the level of a skill."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workforce", "0002_position_received")]

    operations = [
        migrations.AddField(
            "worker",
            "reach",
            models.CharField(
                choices=[("front", "前台"), ("back", "后台")], db_default="front", default="front", max_length=5
            ),
        ),
        migrations.AddField("worker", "hidden_since", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("workerskill", "level", models.PositiveSmallIntegerField(db_default=1, default=1)),
        migrations.AddConstraint(
            "workerskill",
            models.CheckConstraint(condition=models.Q(level__gte=1, level__lte=5), name="worker_skill_level"),
        ),
    ]
