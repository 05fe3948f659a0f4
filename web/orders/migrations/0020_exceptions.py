"""异常, and whose an alarm is and by when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_steps_on_the_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="alarm",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="owner",
            field=models.CharField(
                choices=[("dispatcher", "调度员"), ("manager", "主管")],
                db_default="dispatcher",
                default="dispatcher",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="exception_from",
            field=models.CharField(
                blank=True,
                choices=[
                    ("AWAITING_PAYMENT", "待支付"),
                    ("DISPATCHING", "派单中"),
                    ("ACCEPTED", "待服务"),
                    ("EN_ROUTE", "已出发"),
                    ("ARRIVED", "已到达"),
                    ("IN_SERVICE", "服务中"),
                    ("AWAITING_CONFIRMATION", "待确认"),
                    ("COMPLETED", "已完成"),
                    ("EXCEPTION", "异常处理中"),
                    ("CANCELLED", "已取消"),
                ],
                db_default="",
                default="",
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("nobody_accepts", "无人接单"),
                    ("start_near", "临近未派"),
                    ("late_to_depart", "未按时出发"),
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
        migrations.AlterField(
            model_name="command",
            name="move",
            field=models.CharField(max_length=30),
        ),
        migrations.CreateModel(
            name="ExceptionCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city", models.CharField(max_length=20)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("customer_absent", "用户不在"),
                            ("address_wrong", "地址有误"),
                            ("worker_unwell", "服务人员不适或受伤"),
                            ("vehicle", "交通工具故障"),
                            ("scope_larger", "实际工作量超出预约"),
                            ("damage", "物品损坏"),
                            ("dispute", "纠纷"),
                            ("safety", "人身安全"),
                            ("weather", "恶劣天气"),
                            ("other", "其他"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("AWAITING_PAYMENT", "待支付"),
                            ("DISPATCHING", "派单中"),
                            ("ACCEPTED", "待服务"),
                            ("EN_ROUTE", "已出发"),
                            ("ARRIVED", "已到达"),
                            ("IN_SERVICE", "服务中"),
                            ("AWAITING_CONFIRMATION", "待确认"),
                            ("COMPLETED", "已完成"),
                            ("EXCEPTION", "异常处理中"),
                            ("CANCELLED", "已取消"),
                        ],
                        max_length=24,
                    ),
                ),
                ("text", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("place", web.accounts.encryption.EncryptedTextField(blank=True)),
                (
                    "raised_role",
                    models.CharField(
                        choices=[("customer", "用户"), ("worker", "服务人员"), ("staff", "平台")], max_length=10
                    ),
                ),
                ("raised_at", models.DateTimeField()),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "调度员"), (2, "主管"), (3, "主管（超时未解决）")], default=1
                    ),
                ),
                ("answer_due", models.DateTimeField()),
                ("solve_due", models.DateTimeField()),
                ("default_due", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("solved_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=30)),
                ("cost_fen", models.PositiveIntegerField(default=0)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="orders.order"
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "solved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "订单异常",
                "verbose_name_plural": "订单异常",
                "indexes": [models.Index(fields=["city", "-raised_at"], name="exception_of_city")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("solved_at", None)),
                        fields=("order", "raised_by", "type"),
                        name="exception_one_open",
                    )
                ],
            },
        ),
    ]
