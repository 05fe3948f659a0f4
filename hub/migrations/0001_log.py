from django.db import migrations, models

# Partitioned by day so that retention drops whole tables. The default partition takes what has no partition of its
# own: publishing never depends on somebody having made tomorrow's. hub_topic leaves room in its pages because a hot
# topic's row is updated by every transaction (HOT updates).
CREATE = """
CREATE TABLE hub_topic (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 255),
    epoch text NOT NULL,
    head bigint NOT NULL CHECK (head >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE TABLE hub_event (
    topic text NOT NULL,
    "offset" bigint NOT NULL CHECK ("offset" > 0),
    day date NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    "time" timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (topic, "offset", day)
) PARTITION BY RANGE (day);
CREATE TABLE hub_event_default PARTITION OF hub_event DEFAULT;
"""
DROP = "DROP TABLE hub_event; DROP TABLE hub_topic;"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, DROP)],
            state_operations=[
                migrations.CreateModel(
                    name="Topic",
                    fields=[
                        ("name", models.TextField(primary_key=True, serialize=False)),
                        ("epoch", models.TextField()),
                        ("head", models.BigIntegerField()),
                    ],
                    options={"db_table": "hub_topic"},
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "topic",
                                "offset",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("topic", models.TextField()),
                        ("offset", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("id", models.UUIDField()),
                        ("type", models.TextField()),
                        ("subject", models.TextField()),
                        ("time", models.DateTimeField()),
                        ("data", models.JSONField()),
                    ],
                    options={"db_table": "hub_event"},
                ),
            ],
        ),
    ]
