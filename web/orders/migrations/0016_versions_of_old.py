"""Orders so far have bought what is sold of their service as version 1: no other was kept."""

from django.db import migrations

SQL = """
UPDATE orders_order SET service_version_id = version.id
FROM catalog_serviceversion version
WHERE version.service_id = orders_order.service_id AND version.number = 1 AND orders_order.service_version_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_version_bought")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
