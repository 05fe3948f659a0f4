"""When a position came, by our clock: a phone's clock may be slow."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]

    operations = [
        migrations.AddField("workerposition", "received_at", models.DateTimeField(default=django.utils.timezone.now)),
    ]
