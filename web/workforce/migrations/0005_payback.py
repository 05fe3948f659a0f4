"""The trace of levels that staff set."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption

APPEND_ONLY = """
CREATE FUNCTION workforce_levels_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'level changes are append only' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER workforce_levels_append_only BEFORE UPDATE OR DELETE ON workforce_levelchange
    FOR EACH STATEMENT EXECUTE FUNCTION workforce_levels_append_only();
"""

REVERSE = """
DROP TRIGGER workforce_levels_append_only ON workforce_levelchange;
DROP FUNCTION workforce_levels_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workforce", "0004_channels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LevelChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skill", models.SlugField()),
                ("before", models.PositiveSmallIntegerField()),
                ("after", models.PositiveSmallIntegerField()),
                ("note", web.accounts.encryption.EncryptedTextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="level_changes",
                        to="workforce.worker",
                    ),
                ),
            ],
            options={
                "verbose_name": "等级变更",
                "verbose_name_plural": "等级变更",
                "indexes": [models.Index(fields=["worker", "-id"], name="level_changes_of_worker")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, REVERSE),
    ]
