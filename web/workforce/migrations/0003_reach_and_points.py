import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION workforce_points_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points are append only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER workforce_points_append_only BEFORE UPDATE OR DELETE ON workforce_pointsentry
    FOR EACH STATEMENT EXECUTE FUNCTION workforce_points_append_only();
"""

REVERSE = """
DROP TRIGGER workforce_points_append_only ON workforce_pointsentry;
DROP FUNCTION workforce_points_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workforce", "0002_position_received"),
    ]

    operations = [
        migrations.CreateModel(
            name="PointsEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_id", models.BigIntegerField()),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("handed_back_late", "临近上门时间退单"),
                            ("handed_back_en_route", "出发后退单"),
                            ("not_departed", "迟迟未出发"),
                            ("no_show", "未到场"),
                            ("taken_off", "未履约，被平台撤下"),
                        ],
                        max_length=30,
                    ),
                ),
                ("points", models.IntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "服务人员积分",
                "verbose_name_plural": "服务人员积分",
            },
        ),
        migrations.AddField(
            model_name="worker",
            name="hidden_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="reach",
            field=models.CharField(
                choices=[("front", "前台"), ("back", "后台")], db_default="front", default="front", max_length=5
            ),
        ),
        migrations.AddField(
            model_name="workerskill",
            name="level",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="workerskill",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 1), ("level__lte", 5)), name="worker_skill_level"
            ),
        ),
        migrations.AddField(
            model_name="pointsentry",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="points", to="workforce.worker"
            ),
        ),
        migrations.AddIndex(
            model_name="pointsentry",
            index=models.Index(fields=["worker", "-id"], name="points_of_worker"),
        ),
        migrations.RunSQL(sql=APPEND_ONLY, reverse_sql=REVERSE),
    ]
