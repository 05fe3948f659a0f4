"""The database refuses a double booking. Range types alone carry it, so no extension is needed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            ALTER TABLE scheduling_reservation ADD CONSTRAINT reservation_no_overlap
            EXCLUDE USING gist (int8range(worker_id, worker_id, '[]') WITH &&, period WITH &&) WHERE (active);
            """,
            reverse_sql="ALTER TABLE scheduling_reservation DROP CONSTRAINT reservation_no_overlap;",
        )
    ]
