from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="state",
            field=models.CharField(
                choices=[("pending", "待退款"), ("done", "已退款")], default="pending", max_length=10
            ),
        ),
    ]
