from django.db import migrations, models

# Nobody ever made partitions by day, and docs/decisions.md says why nobody should: all rows lie in the default one,
# which becomes the table. No row is copied; the index is built anew.
PLAIN = """
ALTER TABLE hub_event DETACH PARTITION hub_event_default;
INSERT INTO hub_event_default SELECT * FROM hub_event;
DROP TABLE hub_event;
ALTER TABLE hub_event_default RENAME TO hub_event;
ALTER TABLE hub_event DROP CONSTRAINT hub_event_default_pkey;
ALTER TABLE hub_event DROP COLUMN day;
ALTER TABLE hub_event ADD CONSTRAINT hub_event_pkey PRIMARY KEY (topic, "offset");
ALTER TABLE hub_event SET (autovacuum_vacuum_scale_factor = 0.05);
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_log")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PLAIN)],
            state_operations=[
                migrations.AlterField(
                    "event",
                    "pk",
                    models.CompositePrimaryKey(
                        "topic", "offset", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                migrations.RemoveField("event", "day"),
            ],
        ),
    ]
