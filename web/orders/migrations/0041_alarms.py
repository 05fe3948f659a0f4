"""Whose an alarm is, and until when; a worker who did not set out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0040_endings")]

    operations = [
        migrations.AddField("order", "not_departed", models.BooleanField(default=False, db_default=False)),
        migrations.AddField(
            "alarm",
            "owner",
            models.CharField(
                choices=[("dispatcher", "调度员"), ("manager", "主管")],
                db_default="dispatcher",
                default="dispatcher",
                max_length=10,
            ),
        ),
        migrations.AddField("alarm", "due_at", models.DateTimeField(null=True, blank=True)),
        migrations.AlterField(
            "alarm",
            "kind",
            models.CharField(
                choices=[
                    ("nobody_accepts", "无人接单"),
                    ("start_near", "临近未派"),
                    ("late_to_depart", "未按时出发"),
                    ("not_departed", "迟迟未出发"),
                    ("late_to_arrive", "未按时到达"),
                    ("worker_silent", "服务人员失联"),
                    ("start_code_locked", "服务码锁定"),
                    ("needs_ops", "需要人工处理"),
                ],
                max_length=20,
            ),
        ),
    ]
