"""抢单 and 人工派单: several open offers of one order, one acceptance."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_steps_on_the_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="offer",
            name="offer_one_open",
        ),
        migrations.AddField(
            model_name="offer",
            name="grab",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="offer",
            name="channel",
            field=models.CharField(
                choices=[("socket", "在线"), ("wechat", "订阅消息"), ("sms", "短信")],
                db_default="socket",
                default="socket",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("nobody_accepts", "无人接单"),
                    ("by_hand", "待人工派单"),
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
        migrations.AlterField(
            model_name="offer",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "待接单"),
                    ("accepted", "已接单"),
                    ("refused", "已拒单"),
                    ("lapsed", "超时未接"),
                    ("withdrawn", "已撤回"),
                    ("grabbed", "已被抢"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("order", "worker"), name="offer_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "accepted")), fields=("order",), name="offer_one_accepted"
            ),
        ),
    ]
