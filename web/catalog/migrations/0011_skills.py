"""Skills have names: those in use are called by their codes until somebody names them."""

from typing import Any

from django.db import migrations, models


def _name_those_in_use(apps: Any, editor: Any) -> None:
    skill, service = apps.get_model("catalog", "Skill"), apps.get_model("catalog", "Service")
    codes = service.objects.values_list("skill", flat=True).order_by("skill").distinct()
    skill.objects.bulk_create(skill(code=code, name=code[:20]) for code in codes)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_search_in_city")]

    operations = [
        migrations.CreateModel(
            name="Skill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=20)),
            ],
            options={"verbose_name": "技能", "verbose_name_plural": "技能"},
        ),
        migrations.RunPython(_name_those_in_use, migrations.RunPython.noop),
    ]
