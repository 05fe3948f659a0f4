"""Whose an alarm is, and until when; a worker who did not set out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0040_endings")]

    operations = [
        migrations.AddField("order", "not_departed", models.BooleanField(default=False, db_default=False)),
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
                    ("exception_safety", "人身安全异常"),
                    ("exception_open", "订单异常待处理"),
                    ("exception_unanswered", "异常无人响应"),
                    ("exception_unsolved", "异常超时未解决"),
                ],
                max_length=20,
            ),
        ),
    ]
