"""More kinds of alarm."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_append_only")]

    operations = [
        migrations.AlterField(
            "alarm",
            "kind",
            models.CharField(
                choices=[
                    ("nobody_accepts", "无人接单"),
                    ("start_near", "临近未派"),
                    ("late_to_depart", "未按时出发"),
                    ("late_to_arrive", "未按时到达"),
                    ("worker_silent", "服务人员失联"),
                    ("start_code_locked", "服务码锁定"),
                    ("needs_ops", "需要人工处理"),
                ],
                max_length=20,
            ),
        ),
    ]
