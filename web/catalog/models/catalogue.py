"""What is sold: cities, categories, services as they are being written, and the versions of them that are sold.

Prices are fen, durations seconds.
"""

from functools import cached_property
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from pydantic import ValidationError

from web.catalog.content import KINDS, ONE, Content, read


class City(models.Model):
    """A city that is served. Coordinates are GCJ-02 degrees."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=20)
    lng = models.FloatField()
    lat = models.FloatField()

    class Meta:
        verbose_name = verbose_name_plural = "城市"

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A trade, or a part of one: the home page's grid shows those without a parent."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=20)
    icon = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "服务分类"
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    """What a worker needs to be offered a service, and what people call it. code: services and workers have it."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "技能"

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A service as it is being written. What people see and buy is `published`; None for a draft.

    A worker needs `skill` to be offered it. certificates, included, excluded, tags: lists of texts.
    """

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="services")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    introduction = models.TextField()
    photo = models.CharField(max_length=200, blank=True)
    skill = models.SlugField()
    certificates = models.JSONField(default=list, blank=True)
    staff = models.PositiveSmallIntegerField(default=1, db_default=1)
    price_fen = models.PositiveIntegerField()
    visit_fee_fen = models.PositiveIntegerField(default=0)
    duration_s = models.PositiveIntegerField()
    included = models.JSONField(default=list, blank=True)
    excluded = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    published = models.ForeignKey(
        "ServiceVersion", on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = "服务项目"
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class ServiceStep(models.Model):
    """One step of a service's flow, with the standard it is held to: the worker ticks it."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    standard = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "服务步骤"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["service", "position"], name="service_step_once")]

    def __str__(self) -> str:
        return self.name


class ServiceQuestion(models.Model):
    """What people ask about a service, and the answer."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=100)
    answer = models.CharField(max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "常见问题"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["service", "position"], name="service_question_once")]

    def __str__(self) -> str:
        return self.question


class ServiceOption(models.Model):
    """What a customer is asked before he books; see `content.Option`."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=30)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=5, choices=list(KINDS.items()), default=ONE)
    required = models.BooleanField(default=False)
    unit = models.CharField(max_length=10, blank=True)
    least = models.PositiveSmallIntegerField(default=0)
    most = models.PositiveSmallIntegerField(default=0)
    included = models.PositiveSmallIntegerField(default=0)
    price_fen = models.PositiveIntegerField(default=0)
    extra_s = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "预约选项"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["service", "key"], name="service_option_once")]

    def __str__(self) -> str:
        return self.name


class OptionChoice(models.Model):
    """An answer to an option; see `content.Choice`."""

    option = models.ForeignKey(ServiceOption, on_delete=models.CASCADE, related_name="choices")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=30)
    name = models.CharField(max_length=40)
    price_fen = models.IntegerField(default=0)
    extra_s = models.PositiveIntegerField(default=0)
    staff = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "选项答案"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["option", "key"], name="option_choice_once")]

    def __str__(self) -> str:
        return self.name


class PriceItem(models.Model):
    """A line of a service's price list: what may be added to it; see `content.AddOn`. A row is never made another
    item: orders and proposals name it.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="price_list")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=30)
    name = models.CharField(max_length=40)
    unit = models.CharField(max_length=10)
    price_fen = models.PositiveIntegerField()
    max_quantity = models.PositiveIntegerField()
    extra_s = models.PositiveIntegerField(default=0)
    condition = models.CharField(max_length=100, blank=True, default="", db_default="")

    class Meta:
        verbose_name = verbose_name_plural = "价目"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["service", "key"], name="price_item_once")]

    def __str__(self) -> str:
        return self.name


class ServiceVersion(models.Model):
    """A service as it was published: orders keep the version that they bought. Append only: a trigger refuses the rest.

    content: `web.catalog.content.Content` as JSON; skill: its skill, which lists are filtered by.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    skill = models.SlugField()
    content = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = verbose_name_plural = "服务版本"
        constraints = [models.UniqueConstraint(fields=["service", "number"], name="service_version_once")]

    def __str__(self) -> str:
        return f"service:{self.service_id} v{self.number}"

    @cached_property
    def sold(self) -> Content:
        """What is sold under it: read once, for no version changes."""
        return read(self.content)

    @property
    def readable(self) -> Content | None:
        """`sold`; None where another release has written what this one does not know."""
        try:
            return self.sold
        except ValidationError:
            return None


class Shelving(models.Model):
    """上架: from when until when a published service is sold in a city (None: in every city), and whether it is 热门
    there. An end of None: until somebody takes it off.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="shelvings")
    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    hot = models.BooleanField(default=False)
    from_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "上架"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_at=None) | models.Q(until_at__gt=models.F("from_at")), name="shelving_has_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} · {self.city or '全部城市'}"


class Synonym(models.Model):
    """同义词: words that mean the same to whoever searches. words: a list of texts."""

    words = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = "同义词"
        ordering = ("id",)

    def __str__(self) -> str:
        return "、".join(self.words)


class Need(models.Model):
    """需求词: what a person says, and the catalogue's words for it, the most fitting first (马桶堵了: 马桶疏通).

    phrase: a sentence, or parts that each leave a choice, 马桶/蹲坑 堵/满 (`web.catalog.search.choices`).
    """

    phrase = models.CharField(max_length=500, unique=True)
    words = models.JSONField()

    class Meta:
        verbose_name = verbose_name_plural = "需求词"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.phrase


class CatalogueChange(models.Model):
    """That something has changed which a search index is made of; append only, so that writers never wait."""

    at = models.DateTimeField(default=timezone.now)


class Search(models.Model):
    """What somebody looked for, and how many services were found.

    user: the customer; None for anybody else, and once he has it forgotten. token: names it to whoever searched. shown:
    ids of the services that he was shown, the best first; they alone can be clicked.
    """

    token = models.UUIDField(default=uuid4, unique=True, editable=False)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    city = models.CharField(max_length=20, blank=True)
    query = models.CharField(max_length=100)
    found = models.PositiveSmallIntegerField()
    shown = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "搜索记录"
        indexes = [
            models.Index(fields=["user", "-id"], name="search_of_user"),
            models.Index(fields=["at"], name="search_at"),
            models.Index(fields=["city", "at"], name="search_in_city"),
        ]


class SearchClick(models.Model):
    """Which of the services found somebody looked at; position: from 1."""

    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="clicks")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "搜索点击"
        constraints = [models.UniqueConstraint(fields=["search", "service"], name="search_click_once")]
