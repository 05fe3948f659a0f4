from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0006_newcomers"),
    ]

    operations = [
        migrations.AddField(
            model_name="exchange",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AlterField(
            model_name="coupon",
            name="why",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
