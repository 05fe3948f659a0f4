"""What is sold: cities, categories, services and the steps that make each up. Prices are fen, durations seconds."""

from django.db import models


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
    """A trade: what the home page's grid shows."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=20)
    icon = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "服务分类"
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A service that can be booked. A worker needs `skill` to be offered it."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="services")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    introduction = models.TextField()
    photo = models.CharField(max_length=200, blank=True)
    skill = models.SlugField()
    price_fen = models.PositiveIntegerField()
    visit_fee_fen = models.PositiveIntegerField(default=0)
    duration_s = models.PositiveIntegerField()
    on_shelf = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "服务项目"
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class PriceItem(models.Model):
    """What may be added to a service at the door: price per unit, at most so many an order. extra_s: seconds that one
    takes longer (加钟), 0 for what fits into the visit.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="price_list")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    unit = models.CharField(max_length=10)
    price_fen = models.PositiveIntegerField()
    max_quantity = models.PositiveIntegerField()
    extra_s = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "价目"
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["service", "position"], name="price_item_once")]


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
