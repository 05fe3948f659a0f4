"""The workers: where they work, when, what they can do, and where they were last seen."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField

HIDDEN_AFTER = timedelta(seconds=60)
"""Somebody who looks up a street in another app is still there."""


class Worker(models.Model):
    """A worker's profile; its key is the user's. Coordinates are GCJ-02 degrees.

    area: GeoJSON Polygon, GCJ-02, positions as [lng, lat].
    on_duty: the durable switch 听单/休息; being connected is something else and lives in the hub. reach: what follows
    from both while he is on duty (`web.workforce.reach`). hidden_since: his phone put the app away. unsure_since,
    unsure_until: when nobody could tell last whether he is connected; without an end it is so now.
    rating_sum / rating_count: scores of one to five; unanswered: offers let lapse in a row.
    income_30d is derived from the ledger, never stored here.
    home: from where a day's first way begins, unless a `HomeBase` says otherwise. max_day, max_week: so many visits he
    takes in a day and in a week (from Monday) of Asia/Shanghai at most; null: as many as fit.
    """

    FRONT, BACK, REST = "front", "back", "rest"
    REACHES = [(FRONT, "前台"), (BACK, "后台")]

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    city = models.CharField(max_length=20, db_index=True)
    home_lng = models.FloatField()
    home_lat = models.FloatField()
    area = models.JSONField()
    on_duty = models.BooleanField(default=False)
    on_duty_since = models.DateTimeField(null=True, blank=True)
    reach = models.CharField(max_length=5, choices=REACHES, default=FRONT, db_default=FRONT)
    hidden_since = models.DateTimeField(null=True, blank=True)
    unsure_since = models.DateTimeField(null=True, blank=True)
    unsure_until = models.DateTimeField(null=True, blank=True)
    rating_sum = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    unanswered = models.PositiveSmallIntegerField(default=0)
    max_day = models.PositiveSmallIntegerField(null=True, blank=True)
    max_week = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "服务人员"

    def __str__(self) -> str:
        return f"worker:{self.pk}"

    @property
    def is_hidden(self) -> bool:
        """Whether his phone put the app away, longer ago than for a look at something else: a socket may still be
        open.
        """
        return self.hidden_since is not None and timezone.now() - self.hidden_since > HIDDEN_AFTER

    @property
    def reach_now(self) -> str:
        """前台, 后台, or 休息 for who does not listen."""
        return self.reach if self.on_duty else self.REST


class WorkerSkill(models.Model):
    """A skill that the platform has approved for a worker. level: one to five, by the platform's assessment: the
    ranking weighs it, and the commission may follow it.
    """

    LEVELS = {1: "初级", 2: "中级", 3: "高级", 4: "资深", 5: "金牌"}

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="skills")
    skill = models.SlugField()
    level = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        verbose_name = verbose_name_plural = "技能"
        constraints = [
            models.UniqueConstraint(fields=["worker", "skill"], name="worker_skill_once"),
            models.CheckConstraint(condition=models.Q(level__gte=1, level__lte=5), name="worker_skill_level"),
        ]


class LevelChange(models.Model):
    """The trace of a level that staff set: who, from what to what, and why. Append only: a trigger refuses the rest."""

    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="level_changes")
    skill = models.SlugField()
    before = models.PositiveSmallIntegerField()
    after = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "等级变更"
        indexes = [models.Index(fields=["worker", "-id"], name="level_changes_of_worker")]


class WorkingHours(models.Model):
    """Weekly hours in Asia/Shanghai: weekday 0 is Monday; seconds since midnight, `ends_s` up to 86400."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    starts_s = models.PositiveIntegerField()
    ends_s = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "工作时间"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, ends_s__lte=86400, starts_s__lt=models.F("ends_s")),
                name="working_hours_sane",
            )
        ]


class Break(models.Model):
    """A pause within the weekly hours; weekday and seconds as in `WorkingHours`."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="breaks")
    weekday = models.PositiveSmallIntegerField()
    starts_s = models.PositiveIntegerField()
    ends_s = models.PositiveIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "休息时段"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, ends_s__lte=86400, starts_s__lt=models.F("ends_s")),
                name="break_sane",
            )
        ]


class DateOverride(models.Model):
    """The hours of one date (Asia/Shanghai), instead of the weekly ones and their breaks.

    spans: [[starts_s, ends_s], …], seconds since midnight, sorted; empty: he does not work that day.
    """

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="overrides")
    date = models.DateField()
    spans = models.JSONField(default=list)

    class Meta:
        verbose_name = verbose_name_plural = "指定日期工作时间"
        constraints = [models.UniqueConstraint(fields=["worker", "date"], name="date_override_once")]


class Leave(models.Model):
    """Time that a worker is away, whatever his hours say: days (from midnight to midnight) or hours. UTC."""

    KINDS = {"personal": "事假", "sick": "病假", "annual": "年假", "other": "其他"}

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="leaves")
    kind = models.CharField(max_length=10, choices=list(KINDS.items()))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "请假"
        indexes = [models.Index(fields=["worker", "ends_at"], name="leaves_of_worker")]
        constraints = [models.CheckConstraint(condition=models.Q(starts_at__lt=models.F("ends_at")), name="leave_sane")]


class HomeBase(models.Model):
    """Where some weekdays (0 = Monday) begin, instead of at the worker's home. GCJ-02 degrees."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="bases")
    name = models.CharField(max_length=40, blank=True)
    lng = models.FloatField()
    lat = models.FloatField()
    weekdays = models.JSONField(default=list)

    class Meta:
        verbose_name = verbose_name_plural = "出发地"


class Holiday(models.Model):
    """A date on which the calendar of the state differs from the week: 放假, or 调休上班.

    It counts where the policy `booking.holidays` closes on holidays. as_weekday: whose hours a 调休 workday has (0 =
    Monday); null: those of the weekday that it is.
    """

    OFF, WORK = "off", "work"
    KINDS = {OFF: "放假", WORK: "调休上班"}

    date = models.DateField(primary_key=True)
    name = models.CharField(max_length=20)
    kind = models.CharField(max_length=4, choices=list(KINDS.items()))
    as_weekday = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(as_weekday=None) | models.Q(as_weekday__lte=6, kind="work"), name="holiday_sane"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class PointsEntry(models.Model):
    """A line of a worker's points: which order, by which rule, how many. Append only: a trigger refuses the rest."""

    RULES = {
        "handed_back_late": "临近上门时间退单",
        "handed_back_en_route": "出发后退单",
        "not_departed": "迟迟未出发",
        "no_show": "未到场",
        "taken_off": "未履约，被平台撤下",
    }

    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="points")
    order_id = models.BigIntegerField()
    rule = models.CharField(max_length=30, choices=list(RULES.items()))
    points = models.IntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "服务人员积分"
        indexes = [models.Index(fields=["worker", "-id"], name="points_of_worker")]


class WorkerPosition(models.Model):
    """Where a worker was last seen: one row per worker, the newest wins. GCJ-02 degrees, metres.

    at: by the phone's clock, never ahead of ours. received_at: by ours: a phone that is slow is not silent.
    """

    worker = models.OneToOneField(Worker, on_delete=models.CASCADE, primary_key=True, related_name="position")
    lng = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.FloatField(default=0)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "最近位置"
