"""Service areas as a table."""

import json
from typing import Any

from import_export.widgets import Widget

from web.ops.columns import column
from web.ops.importing import OpsResource
from web.workforce import areas, services
from web.workforce.models import Worker


class Polygon(Widget):
    """A GeoJSON polygon, GCJ-02."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Raises ValueError for what is none."""
        try:
            return dict(json.loads(str(value)))
        except (ValueError, TypeError):
            raise ValueError("不是 GeoJSON") from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """One line."""
        return json.dumps(value, separators=(",", ":"))


class AreaResource(OpsResource):
    """A worker a line, found by his number; nobody is made so."""

    user_id = column("user_id", name="服务人员编号")
    area = column("area", Polygon(), name="服务区域（GeoJSON，GCJ-02）")

    class Meta:
        model = Worker
        import_id_fields = ("user_id",)
        fields = export_order = ("user_id", "area")
        skip_unchanged = True
        report_skipped = True

    def check(self, row: Worker) -> None:
        """Of a worker who is there, and one polygon that can be asked."""
        if row.city == "":
            raise ValueError("没有这个服务人员")
        try:
            areas.check(row.area)
        except ValueError:
            raise ValueError("服务区域不是一个有效的多边形") from None

    def put(self, row: Worker) -> Worker:
        """His area from now on."""
        services.change_profile(worker_id=row.pk, area=row.area)
        return row
