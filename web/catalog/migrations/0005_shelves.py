"""Shelvings say what is on the shelf, keys which item is which; and versions are append only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_first_versions")]

    operations = [
        migrations.RemoveField(model_name="service", name="on_shelf"),
        migrations.RemoveConstraint(model_name="priceitem", name="price_item_once"),
        migrations.AddConstraint(
            model_name="priceitem",
            constraint=models.UniqueConstraint(fields=("service", "key"), name="price_item_once"),
        ),
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION service_version_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'versions of a service are append only' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER service_version_append_only BEFORE UPDATE OR DELETE ON catalog_serviceversion
                FOR EACH STATEMENT EXECUTE FUNCTION service_version_append_only();
            """,
            reverse_sql="""
            DROP TRIGGER service_version_append_only ON catalog_serviceversion;
            DROP FUNCTION service_version_append_only();
            """,
        ),
    ]
