"""The timeline is append only: time travel and every dispute rest on it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION order_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the timeline is append only' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE ON orders_orderevent
                FOR EACH STATEMENT EXECUTE FUNCTION order_event_append_only();
            """,
            reverse_sql="""
            DROP TRIGGER order_event_append_only ON orders_orderevent;
            DROP FUNCTION order_event_append_only();
            """,
        )
    ]
