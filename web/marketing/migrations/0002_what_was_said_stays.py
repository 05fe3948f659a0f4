"""A campaign's versions are append only, and a batch of coupons that was published says what it said: orders name the
one, people have the other.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("marketing", "0001_campaigns_and_coupons")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE FUNCTION campaign_version_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'versions of campaigns are append only' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER campaign_version_append_only BEFORE UPDATE OR DELETE ON marketing_campaignversion
                FOR EACH STATEMENT EXECUTE FUNCTION campaign_version_append_only();
            CREATE FUNCTION coupon_kind_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a published batch of coupons stays as it is' USING ERRCODE = 'check_violation';
            END $$;
            CREATE TRIGGER coupon_kind_stays BEFORE UPDATE ON marketing_couponkind FOR EACH ROW
                WHEN (OLD.state <> 'draft' AND (
                    (OLD.city, OLD.name, OLD.terms, OLD.how) IS DISTINCT FROM (NEW.city, NEW.name, NEW.terms, NEW.how)
                    OR (OLD.from_at, OLD.until_at, OLD.days, OLD.return_days)
                        IS DISTINCT FROM (NEW.from_at, NEW.until_at, NEW.days, NEW.return_days)
                    OR NEW.state = 'draft'))
                EXECUTE FUNCTION coupon_kind_stays();
            """,
            reverse_sql="""
            DROP TRIGGER coupon_kind_stays ON marketing_couponkind;
            DROP FUNCTION coupon_kind_stays();
            DROP TRIGGER campaign_version_append_only ON marketing_campaignversion;
            DROP FUNCTION campaign_version_append_only();
            """,
        )
    ]
