"""What a customer asks for is free text: people write phones, names and door codes into it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from web.accounts.encryption import EncryptedTextField


def encrypt(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    orders = apps.get_model("orders", "Order").objects
    for pk, text in orders.exclude(request="").values_list("pk", "request"):
        orders.filter(pk=pk).update(request=EncryptedTextField().get_prep_value(text))


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_append_only")]

    operations = [
        migrations.RunPython(encrypt),
        migrations.AlterField("order", "request", EncryptedTextField(blank=True)),
    ]
