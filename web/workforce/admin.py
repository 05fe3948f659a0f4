"""Workers and holidays. A worker's level, leave and plan are set by their own services; here they are read."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from web.accounts.models import User
from web.accounts.phones import masked
from web.catalog import selectors as catalog
from web.ops.base import OfACity, OpsAdmin
from web.ops.decorators import display
from web.ops.filters import InCity
from web.ops.forms import OpsForm
from web.ops.importing import Importing
from web.ops.parts import Parts
from web.ops.site import actor_of
from web.ops.values import TOLD_IN_LINES, in_codes
from web.workforce import planning, selectors
from web.workforce.models import Holiday, Worker, WorkerSkill
from web.workforce.resources import AreaResource

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


SHOWN = 5
"""Skills in a list."""

TOLD_IN_LINES[WorkerSkill, "skill"] = in_codes("技能", catalog.skill_names)


def _in_words(skills: Iterable[Any]) -> str:
    return "、".join(f"{one.called}（{WorkerSkill.LEVELS[one.level]}）" for one in skills)


@admin.register(Worker)
class WorkerAdmin(Importing, OfACity, OpsAdmin):
    """The workers of one's city: what they can do, whether they listen."""

    editable = False
    list_display = ("shown_name", "shown_phone", "shown_city", "shown_reach", "some_skills", "shown_rating")
    list_filter = (InCity, "on_duty")
    search_fields = ("user__id",)
    search_help_text = "服务人员编号，或完整的手机号"
    whose = "user"
    ordering = ("-on_duty", "user_id")
    readonly_fields = (
        *("shown_name", "shown_phone", "shown_city", "shown_reach", "shown_skills", "shown_rating", "shown_hours"),
        *("max_day", "max_week"),
    )
    fields = readonly_fields
    resource = AreaResource

    def called(self, row: Worker) -> str:
        """As in the list."""
        return f"{row.user.display_name}（{row.pk}）"

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Areas, for who edits workers."""
        return actor_of(request).has_perm("workforce.change_worker")

    def visible_to(self, actor: User) -> QuerySet[Worker]:
        """Of his city."""
        skills = Prefetch(
            "skills", WorkerSkill.objects.annotate(called=catalog.skill_name()).order_by("-level", "called")
        )
        return selectors.visible_to(actor).select_related("user").prefetch_related(skills, "hours")

    @display(description="姓名")
    def shown_name(self, row: Worker) -> str:
        """As colleagues and customers read it."""
        return self.called(row)

    @display(description="手机号")
    def shown_phone(self, row: Worker) -> str:
        """Masked."""
        return masked(row.user.phone)

    @display(description="状态", label={"前台": "success", "后台": "warning", "休息": "danger"})
    def shown_reach(self, row: Worker) -> str:
        """前台, 后台, 休息."""
        return {Worker.FRONT: "前台", Worker.BACK: "后台", Worker.REST: "休息"}[row.reach_now]

    @display(description="技能")
    def shown_skills(self, row: Worker) -> str:
        """With their levels, the highest first."""
        return _in_words(row.skills.all())

    @display(description="技能")
    def some_skills(self, row: Worker) -> str:
        """Of many the first, for the list."""
        skills = row.skills.all()
        return _in_words(skills[:SHOWN]) + (f" 等 {len(skills)} 项" if len(skills) > SHOWN else "")

    @display(description="评分")
    def shown_rating(self, row: Worker) -> str:
        """The mean of all, and how many."""
        return f"{row.rating_sum / row.rating_count:.2f}（{row.rating_count} 次）" if row.rating_count else "—"

    @display(description="每周工作时间")
    def shown_hours(self, row: Worker) -> str:
        """In Asia/Shanghai."""
        spans = sorted(row.hours.all(), key=lambda one: (one.weekday, one.starts_s))
        return "；".join(f"{WEEKDAYS[one.weekday]} {_clock(one.starts_s)}–{_clock(one.ends_s)}" for one in spans) or "—"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


class HolidayForm(OpsForm):
    """A date; where it is worked on, as on which day of the week."""

    as_weekday = forms.TypedChoiceField(
        label="按星期几上班",
        required=False,
        choices=[("", "按当天的星期"), *((str(day), name) for day, name in enumerate(WEEKDAYS))],
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
        help_text="只用于调休上班的日子",
    )


@admin.register(Holiday)
class HolidayAdmin(OpsAdmin):
    """节假日."""

    form = HolidayForm
    list_display = ("date", "name", "kind", "shown_weekday")
    list_filter = ("kind",)
    ordering = ("-date",)
    fields = ("date", "name", "kind", "as_weekday")
    removable = True

    def visible_to(self, actor: User) -> QuerySet[Holiday]:
        """All staff see it."""
        return selectors.holidays_visible_to(actor)

    @display(description="按星期几上班", ordering="as_weekday")
    def shown_weekday(self, row: Holiday) -> str:
        """Whose hours count."""
        return "—" if row.as_weekday is None else WEEKDAYS[row.as_weekday]

    fixed = ("date",)
    """It is its date."""

    def write(self, actor: User, row: Holiday, said: Mapping[str, Any], parts: Parts) -> Holiday:
        """Said, or said otherwise."""
        return planning.put_holiday(
            day=row.pk or said["date"], name=said["name"], kind=said["kind"], as_weekday=said["as_weekday"]
        )

    def remove(self, actor: User, row: Holiday) -> None:
        """An ordinary date again."""
        planning.remove_holiday(day=row.pk)
