from django.db import migrations

from hub.models import Json

# The table is written anew, and locked meanwhile.
AS_WRITTEN = "ALTER TABLE hub_event ALTER COLUMN data TYPE json USING data::json"


class Migration(migrations.Migration):
    dependencies = [("hub", "0002_plain_event")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(AS_WRITTEN)],
            state_operations=[migrations.AlterField("event", "data", Json())],
        ),
    ]
