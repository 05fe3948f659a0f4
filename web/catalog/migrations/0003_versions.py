import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_price_list"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OptionChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("key", models.SlugField(max_length=30)),
                ("name", models.CharField(max_length=40)),
                ("price_fen", models.IntegerField(default=0)),
                ("extra_s", models.PositiveIntegerField(default=0)),
                ("staff", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "选项答案",
                "verbose_name_plural": "选项答案",
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="ServiceOption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("key", models.SlugField(max_length=30)),
                ("name", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[("one", "单选"), ("some", "多选"), ("count", "数量")], default="one", max_length=5
                    ),
                ),
                ("required", models.BooleanField(default=False)),
                ("unit", models.CharField(blank=True, max_length=10)),
                ("least", models.PositiveSmallIntegerField(default=0)),
                ("most", models.PositiveSmallIntegerField(default=0)),
                ("included", models.PositiveSmallIntegerField(default=0)),
                ("price_fen", models.PositiveIntegerField(default=0)),
                ("extra_s", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "预约选项",
                "verbose_name_plural": "预约选项",
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="ServiceQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("question", models.CharField(max_length=100)),
                ("answer", models.CharField(max_length=500)),
            ],
            options={
                "verbose_name": "常见问题",
                "verbose_name_plural": "常见问题",
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="ServiceVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("skill", models.SlugField()),
                ("content", models.JSONField()),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "服务版本",
                "verbose_name_plural": "服务版本",
            },
        ),
        migrations.CreateModel(
            name="Shelving",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hot", models.BooleanField(default=False)),
                ("from_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("until_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "上架",
                "verbose_name_plural": "上架",
            },
        ),
        migrations.AddField(
            model_name="category",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="catalog.category",
            ),
        ),
        migrations.AddField(
            model_name="priceitem",
            name="condition",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="priceitem",
            name="key",
            field=models.SlugField(default="", max_length=30),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="service",
            name="certificates",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="excluded",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="included",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="service",
            name="staff",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="service",
            name="tags",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="serviceoption",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="options", to="catalog.service"
            ),
        ),
        migrations.AddField(
            model_name="optionchoice",
            name="option",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="choices", to="catalog.serviceoption"
            ),
        ),
        migrations.AddField(
            model_name="servicequestion",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="catalog.service"
            ),
        ),
        migrations.AddField(
            model_name="serviceversion",
            name="published_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="serviceversion",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="catalog.service"
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="published",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.serviceversion",
            ),
        ),
        migrations.AddField(
            model_name="shelving",
            name="city",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.city"
            ),
        ),
        migrations.AddField(
            model_name="shelving",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="shelvings", to="catalog.service"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoption",
            constraint=models.UniqueConstraint(fields=("service", "key"), name="service_option_once"),
        ),
        migrations.AddConstraint(
            model_name="optionchoice",
            constraint=models.UniqueConstraint(fields=("option", "key"), name="option_choice_once"),
        ),
        migrations.AddConstraint(
            model_name="servicequestion",
            constraint=models.UniqueConstraint(fields=("service", "position"), name="service_question_once"),
        ),
        migrations.AddConstraint(
            model_name="serviceversion",
            constraint=models.UniqueConstraint(fields=("service", "number"), name="service_version_once"),
        ),
        migrations.AddConstraint(
            model_name="shelving",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_at", None), ("until_at__gt", models.F("from_at")), _connector="OR"),
                name="shelving_has_time",
            ),
        ),
    ]
