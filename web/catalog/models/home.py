"""The home page as it is being laid out, the versions of it that people see, and what its recommendations go by."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.catalog.home.parts import AUDIENCES, EVERYBODY, KINDS, Part, read
from web.catalog.models.catalogue import Service


class HomeLayout(models.Model):
    """A city's home page, or of all that have none of their own (city ""): its draft are the parts, `published` is what
    people see. revision: grows with each change of the draft.
    """

    city = models.CharField(max_length=20, unique=True, blank=True)
    revision = models.PositiveIntegerField(default=0, db_default=0)
    published = models.ForeignKey(
        "HomeVersion", on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = "首页"

    def __str__(self) -> str:
        return f"首页 {self.city or '全部城市'}"


class HomePart(models.Model):
    """One part of a draft; terms: its `web.catalog.home.parts.Body` as JSON. From when until when it is shown: None for
    always.
    """

    layout = models.ForeignKey(HomeLayout, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    title = models.CharField(max_length=40, blank=True)
    shown_to = models.CharField(max_length=10, choices=list(AUDIENCES.items()), default=EVERYBODY)
    terms = models.JSONField()
    from_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "首页组件"
        ordering = ("position",)
        constraints = [
            # Deferred, because a part that moves passes the others on its way.
            models.UniqueConstraint(
                fields=["layout", "position"], name="home_part_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=models.Q(until_at=None) | models.Q(from_at=None) | models.Q(until_at__gt=models.F("from_at")),
                name="home_part_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())

    @property
    def part(self) -> Part:
        """What it says."""
        return Part.model_validate(
            {
                "id": self.pk,
                "title": self.title,
                "shown_to": self.shown_to,
                "from_at": self.from_at,
                "until_at": self.until_at,
                "body": self.terms,
            }
        )


class HomeVersion(models.Model):
    """A home page as it was published: append only, a trigger refuses the rest. parts: `Part`s as JSON, in order."""

    layout = models.ForeignKey(HomeLayout, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parts = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = verbose_name_plural = "首页版本"
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=["layout", "number"], name="home_version_once")]

    def __str__(self) -> str:
        return f"home version {self.number}"

    @cached_property
    def shown(self) -> list[Part]:
        """What it is made of: read once, for no version changes."""
        return read(self.parts)


class Season(models.Model):
    """当季: words (of names, tags and categories) whose services are wanted in some months. months: twelve weights of 0
    to 1, January's first. city: a code; "" for every one.
    """

    city = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=20)
    words = models.JSONField()
    months = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = "当季"
        ordering = ("city", "name")
        constraints = [models.UniqueConstraint(fields=["city", "name"], name="season_once")]

    def __str__(self) -> str:
        return self.name


class ServiceView(models.Model):
    """That somebody looked at a service; of one customer once a day (Asia/Shanghai), at his last look.

    user: None for anybody else, and once he has it forgotten.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    city = models.CharField(max_length=20, blank=True)
    day = models.DateField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "浏览记录"
        indexes = [
            models.Index(fields=["user", "-at"], name="service_view_of_user"),
            models.Index(fields=["city", "day", "service"], name="service_view_of_city"),
            models.Index(fields=["at"], name="service_view_at"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "service", "day"], name="service_view_once")]
