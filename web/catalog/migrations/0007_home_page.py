"""The home page: drafts, append-only versions, seasons, and which services were looked at."""

import django.db.models.constraints
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_searching"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HomeLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city", models.CharField(blank=True, max_length=20, unique=True)),
                ("revision", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name": "首页",
                "verbose_name_plural": "首页",
            },
        ),
        migrations.CreateModel(
            name="HomeVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("parts", models.JSONField()),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "layout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="catalog.homelayout"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "首页版本",
                "verbose_name_plural": "首页版本",
                "ordering": ("-number",),
            },
        ),
        migrations.AddField(
            model_name="homelayout",
            name="published",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.homeversion",
            ),
        ),
        migrations.CreateModel(
            name="Season",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city", models.CharField(blank=True, max_length=20)),
                ("name", models.CharField(max_length=20)),
                ("words", models.JSONField()),
                ("months", models.JSONField()),
            ],
            options={
                "verbose_name": "当季",
                "verbose_name_plural": "当季",
                "ordering": ("city", "name"),
                "constraints": [models.UniqueConstraint(fields=("city", "name"), name="season_once")],
            },
        ),
        migrations.CreateModel(
            name="ServiceView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city", models.CharField(blank=True, max_length=20)),
                ("day", models.DateField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.service"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "浏览记录",
                "verbose_name_plural": "浏览记录",
            },
        ),
        migrations.CreateModel(
            name="HomePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("banner", "轮播图"),
                            ("grid", "分类宫格"),
                            ("hot", "热门服务"),
                            ("campaign", "活动与优惠券"),
                            ("recommended", "为您推荐"),
                            ("category", "分类服务"),
                            ("notice", "公告"),
                        ],
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=40)),
                (
                    "shown_to",
                    models.CharField(
                        choices=[("all", "所有人"), ("newcomers", "新客"), ("customers", "老客")],
                        default="all",
                        max_length=10,
                    ),
                ),
                ("terms", models.JSONField()),
                ("from_at", models.DateTimeField(blank=True, null=True)),
                ("until_at", models.DateTimeField(blank=True, null=True)),
                (
                    "layout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="catalog.homelayout"
                    ),
                ),
            ],
            options={
                "verbose_name": "首页组件",
                "verbose_name_plural": "首页组件",
                "ordering": ("position",),
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("layout", "position"),
                        name="home_part_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_at", None),
                            ("from_at", None),
                            ("until_at__gt", models.F("from_at")),
                            _connector="OR",
                        ),
                        name="home_part_has_time",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="homeversion",
            constraint=models.UniqueConstraint(fields=("layout", "number"), name="home_version_once"),
        ),
        migrations.AddIndex(
            model_name="serviceview",
            index=models.Index(fields=["user", "-at"], name="service_view_of_user"),
        ),
        migrations.AddIndex(
            model_name="serviceview",
            index=models.Index(fields=["city", "day", "service"], name="service_view_of_city"),
        ),
        migrations.AddIndex(
            model_name="serviceview",
            index=models.Index(fields=["at"], name="service_view_at"),
        ),
        migrations.AddConstraint(
            model_name="serviceview",
            constraint=models.UniqueConstraint(fields=("user", "service", "day"), name="service_view_once"),
        ),
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION home_version_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'versions of a home page are append only' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER home_version_append_only BEFORE UPDATE OR DELETE ON catalog_homeversion
                FOR EACH STATEMENT EXECUTE FUNCTION home_version_append_only();
            """,
            reverse_sql="""
            DROP TRIGGER home_version_append_only ON catalog_homeversion;
            DROP FUNCTION home_version_append_only();
            """,
        ),
    ]
