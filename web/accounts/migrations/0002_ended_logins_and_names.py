"""Which logins have ended is asked with every request; what a person is called is personal data."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from web.accounts.encryption import EncryptedTextField


def encrypt(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    users = apps.get_model("accounts", "User").objects
    for pk, name in users.exclude(display_name="").values_list("pk", "display_name"):
        users.filter(pk=pk).update(display_name=EncryptedTextField().get_prep_value(name))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "refreshtoken",
            models.Index(
                fields=["family"], condition=models.Q(("revoked_at__isnull", False)), name="accounts_ended_login"
            ),
        ),
        # A token is longer than the name: first the room, then the text, then how it is read.
        migrations.AlterField("user", "display_name", models.TextField(blank=True)),
        migrations.RunPython(encrypt),
        migrations.AlterField("user", "display_name", EncryptedTextField(blank=True)),
    ]
