"""A checkout's hold is freed by its order's actor: nothing ever read until when it was meant to last."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_no_overlap")]

    operations = [migrations.RemoveField("reservation", "held_until")]
