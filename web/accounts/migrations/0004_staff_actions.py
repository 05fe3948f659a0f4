import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import web.accounts.encryption


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_ties"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=30)),
                ("target", models.CharField(db_index=True, max_length=300)),
                ("reason", web.accounts.encryption.EncryptedTextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "员工操作记录",
                "verbose_name_plural": "员工操作记录",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["actor", "-id"], name="staff_action_of_actor")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", ""), _negated=True), models.Q(("target", ""), _negated=True)
                        ),
                        name="staff_action_named",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION staff_action_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'what staff did is append only' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER staff_action_append_only BEFORE UPDATE OR DELETE ON accounts_staffaction
                FOR EACH STATEMENT EXECUTE FUNCTION staff_action_append_only();
            """,
            reverse_sql="""
            DROP TRIGGER staff_action_append_only ON accounts_staffaction;
            DROP FUNCTION staff_action_append_only();
            """,
        ),
    ]
