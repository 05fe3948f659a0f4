"""Exceptions, proposals, conversation, 售后, refunds that are several, tips, compensation; what an event changed."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_steps_on_the_order"),
        ("photos", "0001_photos"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AfterSalesCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("quality", "服务质量"),
                            ("damage", "物品损坏"),
                            ("overcharge", "费用争议"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                    ),
                ),
                ("text", web.accounts.encryption.EncryptedTextField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True, choices=[("declined", "不予支持"), ("noted", "已核实并记录")], max_length=12
                    ),
                ),
                ("answer", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.CreateModel(
            name="Compensation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rule",
                    models.CharField(
                        choices=[("worker_no_show", "服务人员未到场"), ("staff", "平台补偿")], max_length=20
                    ),
                ),
                ("amount_fen", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
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
            ],
            options={
                "verbose_name": "订单异常",
                "verbose_name_plural": "订单异常",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("customer", "用户"), ("worker", "服务人员"), ("staff", "平台")], max_length=10
                    ),
                ),
                ("text", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("key", models.CharField(max_length=80)),
                ("body_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "订单会话",
                "verbose_name_plural": "订单会话",
            },
        ),
        migrations.CreateModel(
            name="OrderPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stage",
                    models.CharField(blank=True, choices=[("before", "服务前"), ("after", "服务后")], max_length=10),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("supplement", "补差价"), ("reschedule", "改约"), ("address", "改地址")], max_length=12
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待答复"),
                            ("approved", "待支付"),
                            ("done", "已生效"),
                            ("declined", "已拒绝"),
                            ("withdrawn", "已撤回"),
                            ("lapsed", "已失效"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        choices=[("customer", "用户"), ("worker", "服务人员"), ("staff", "平台")], max_length=10
                    ),
                ),
                (
                    "to",
                    models.CharField(
                        choices=[("customer", "用户"), ("worker", "服务人员"), ("staff", "平台")], max_length=10
                    ),
                ),
                ("reason", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("places", web.accounts.encryption.EncryptedTextField(blank=True)),
                ("terms", models.JSONField()),
                ("amount_fen", models.PositiveIntegerField(default=0)),
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
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "变更申请",
                "verbose_name_plural": "变更申请",
            },
        ),
        migrations.CreateModel(
            name="RefundDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tip_id", models.BigIntegerField(default=0)),
                ("amount_fen", models.PositiveIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("quality", "服务质量问题"),
                            ("incomplete", "服务未全部完成"),
                            ("damage", "物品损坏"),
                            ("overcharged", "收费有误"),
                            ("goodwill", "平台关怀"),
                            ("agreed", "双方协商"),
                            ("other", "其他原因"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "bearer",
                    models.CharField(
                        choices=[("shared", "平台与服务人员按比例承担"), ("platform", "平台承担")], max_length=10
                    ),
                ),
                ("settled", models.BooleanField()),
                ("key", models.CharField(max_length=80, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "退款决定",
                "verbose_name_plural": "退款决定",
            },
        ),
        migrations.CreateModel(
            name="Tip",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.PositiveIntegerField()),
                ("offered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "小费",
                "verbose_name_plural": "小费",
            },
        ),
        migrations.RemoveConstraint(
            model_name="offer",
            name="offer_one_open",
        ),
        migrations.AddField(
            model_name="alarm",
            name="closed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="note",
            field=web.accounts.encryption.EncryptedTextField(blank=True),
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
            model_name="offer",
            name="channel",
            field=models.CharField(
                choices=[("socket", "在线"), ("wechat", "订阅消息"), ("sms", "短信")],
                db_default="socket",
                default="socket",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="grab",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="absence_proven",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="absent_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="case_overdue",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="commission_bp",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
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
        migrations.AddField(
            model_name="order",
            name="expected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="frozen_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="no_show",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="not_departed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="open_case_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="proposal_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="refund_fen",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="refunded_fen",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="released_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="orderevent",
            name="changes",
            field=models.JSONField(null=True),
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
                    ("not_departed", "迟迟未出发"),
                    ("late_to_arrive", "未按时到达"),
                    ("not_arrived", "服务人员未到场"),
                    ("worker_silent", "服务人员失联"),
                    ("absence", "用户不在待核实"),
                    ("not_started", "到达后迟迟未开始"),
                    ("overrun", "服务超时未完成"),
                    ("start_code_locked", "服务码锁定"),
                    ("case_open", "售后申请"),
                    ("case_overdue", "售后超时未答复"),
                    ("needs_ops", "需要人工处理"),
                    ("exception_safety", "人身安全异常"),
                    ("exception_open", "订单异常待处理"),
                    ("exception_unanswered", "异常无人响应"),
                    ("exception_unsolved", "异常超时未解决"),
                    ("compensation_due", "待支付补偿"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="command",
            name="move",
            field=models.CharField(max_length=30),
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
                    ("returned", "已退回"),
                    ("failed", "未履约"),
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
        migrations.AddField(
            model_name="aftersalescase",
            name="answered_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="aftersalescase",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="compensation",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="compensations", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="compensation",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="answered_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="raised_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="solved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="orderphoto",
            name="case",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="orders.exceptioncase"
            ),
        ),
        migrations.AddField(
            model_name="orderphoto",
            name="message",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="orders.message"
            ),
        ),
        migrations.AddField(
            model_name="orderphoto",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="orderphoto",
            name="photo",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="photos.photo"),
        ),
        migrations.AddField(
            model_name="orderphoto",
            name="record",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="photos", to="orders.servicerecord"
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="refunddecision",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="refunddecision",
            name="line",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_decisions",
                to="orders.orderline",
            ),
        ),
        migrations.AddField(
            model_name="refunddecision",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refund_decisions", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="tip",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tips", to="orders.order"
            ),
        ),
        migrations.AddConstraint(
            model_name="aftersalescase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at", None)), fields=("order",), name="case_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="compensation",
            constraint=models.UniqueConstraint(fields=("order", "user", "rule"), name="compensation_once"),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(fields=["city", "-raised_at"], name="exception_of_city"),
        ),
        migrations.AddConstraint(
            model_name="exceptioncase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("solved_at", None)),
                fields=("order", "raised_by", "type"),
                name="exception_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["order", "-id"], name="message_of_order"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("author", "key"), name="message_once"),
        ),
        migrations.AddConstraint(
            model_name="orderphoto",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case", None), ("message", None), ("record__isnull", False)),
                    models.Q(("case", None), ("message__isnull", False), ("record", None)),
                    models.Q(("case__isnull", False), ("message", None), ("record", None)),
                    _connector="OR",
                ),
                name="order_photo_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderphoto",
            constraint=models.UniqueConstraint(fields=("record", "stage", "photo"), name="order_photo_once"),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "approved"])), fields=("order",), name="proposal_one_live"
            ),
        ),
    ]
