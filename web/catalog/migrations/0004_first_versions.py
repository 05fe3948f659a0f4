"""What is sold so far is version 1 of each service, on the shelf in every city if it was on the shelf."""

from typing import Any

from django.db import migrations
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

COLUMNS = ("name", "introduction", "photo", "skill", "price_fen", "visit_fee_fen", "duration_s")
LISTS = ("certificates", "included", "excluded", "tags", "questions", "options")
ITEM = ("key", "name", "unit", "price_fen", "max_quantity", "extra_s", "condition")


def publish_all(apps: Any, schema_editor: Any) -> None:
    service_model, version_model, shelving, item_model = (
        apps.get_model("catalog", name) for name in ("Service", "ServiceVersion", "Shelving", "PriceItem")
    )
    item_model.objects.filter(key="").update(key=Concat(Value("item-"), Cast(F("position"), CharField())))
    for service in service_model.objects.prefetch_related("steps", "price_list"):
        version = version_model.objects.create(
            service=service, number=1, skill=service.skill, content=_content(service)
        )
        service_model.objects.filter(pk=service.pk).update(published=version)
        if service.on_shelf:
            shelving.objects.create(service=service)


def _content(service: Any) -> dict[str, Any]:
    items = [{name: getattr(item, name) for name in ITEM} | {"item_id": item.pk} for item in service.price_list.all()]
    steps = [{"name": step.name, "standard": step.standard} for step in service.steps.all()]
    nothing: dict[str, Any] = {name: [] for name in LISTS}
    said = {name: getattr(service, name) for name in COLUMNS}
    return {**said, "staff": 1, **nothing, "steps": steps, "add_ons": items}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_versions")]

    operations = [migrations.RunPython(publish_all, migrations.RunPython.noop)]
