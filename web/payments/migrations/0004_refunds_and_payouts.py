from django.db import migrations, models

WITHIN_PAYMENT = """
CREATE FUNCTION refund_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE paid bigint; back bigint;
BEGIN
    -- Locked, so that two refunds of one payment are counted one after the other.
    SELECT amount_fen INTO paid FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
    SELECT coalesce(sum(amount_fen), 0) INTO back FROM payments_refund
        WHERE payment_id = NEW.payment_id AND id <> NEW.id;
    IF back + NEW.amount_fen > paid THEN
        RAISE EXCEPTION 'refunds of payment % exceed what was paid', NEW.payment_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_within_payment BEFORE INSERT OR UPDATE OF amount_fen, payment_id ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION refund_within_payment();
"""

REVERSE = """
DROP TRIGGER refund_within_payment ON payments_refund;
DROP FUNCTION refund_within_payment();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_purpose"),
    ]

    operations = [
        migrations.CreateModel(
            name="SandboxMood",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("out_number", models.CharField(max_length=80, unique=True)),
                ("mood", models.CharField(max_length=20)),
            ],
            options={
                "verbose_name": "沙箱故障",
                "verbose_name_plural": "沙箱故障",
            },
        ),
        migrations.AddField(
            model_name="sandboxtrade",
            name="part_of",
            field=models.CharField(blank=True, db_index=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="refund",
            name="key",
            field=models.CharField(max_length=80),
        ),
        migrations.AlterField(
            model_name="sandboxtrade",
            name="state",
            field=models.CharField(max_length=20),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("payment", "key"), name="refund_once"),
        ),
        migrations.RunSQL(WITHIN_PAYMENT, REVERSE),
    ]
