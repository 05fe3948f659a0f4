"""Every order has bought a version."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0016_versions_of_old")]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="service_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.serviceversion"
            ),
        ),
    ]
