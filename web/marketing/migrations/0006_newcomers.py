import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

HAD = """
INSERT INTO marketing_newcomer (customer_id, order_id)
SELECT DISTINCT ON (customer_id) customer_id, order_id FROM (
    SELECT customer_id, order_id FROM marketing_campaignuse WHERE newcomer AND state IN ('held', 'used')
    UNION SELECT c.user_id, c.order_id FROM marketing_coupon c JOIN marketing_couponkind k ON k.id = c.kind_id
        WHERE c.state IN ('held', 'used') AND (k.terms ->> 'new_customers')::boolean
) had ORDER BY customer_id, order_id
"""
"""Who has one already. Where two passed at once, the first order stands for both."""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("marketing", "0005_what_if_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Newcomer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_id", models.BigIntegerField(unique=True)),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "新客优惠", "verbose_name_plural": "新客优惠"},
        ),
        migrations.RunSQL(HAD, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="campaignuse", name="campaign_one_newcomer"),
        migrations.RemoveField(model_name="campaignuse", name="newcomer"),
    ]
