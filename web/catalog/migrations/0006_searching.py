import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_shelves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phrase", models.CharField(max_length=40, unique=True)),
                ("words", models.JSONField()),
            ],
            options={
                "verbose_name": "需求词",
                "verbose_name_plural": "需求词",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.JSONField()),
            ],
            options={
                "verbose_name": "同义词",
                "verbose_name_plural": "同义词",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Search",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("city", models.CharField(blank=True, max_length=20)),
                ("query", models.CharField(max_length=100)),
                ("found", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "verbose_name": "搜索记录",
                "verbose_name_plural": "搜索记录",
            },
        ),
        migrations.CreateModel(
            name="SearchClick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="clicks", to="catalog.search"
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.service"
                    ),
                ),
            ],
            options={
                "verbose_name": "搜索点击",
                "verbose_name_plural": "搜索点击",
            },
        ),
        migrations.AddIndex(
            model_name="search",
            index=models.Index(fields=["user", "-id"], name="search_of_user"),
        ),
        migrations.AddIndex(
            model_name="search",
            index=models.Index(fields=["at"], name="search_at"),
        ),
        migrations.AddConstraint(
            model_name="searchclick",
            constraint=models.UniqueConstraint(fields=("search", "service"), name="search_click_once"),
        ),
    ]
