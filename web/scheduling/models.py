"""Who is busy when: reservations, which the database itself keeps from overlapping."""

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models


class Reservation(models.Model):
    """A worker's time kept for an order.

    `period` is [starts_at − travel, ends_at + buffer): the way there belongs to the job. Two active periods of one
    worker cannot overlap: the exclusion constraint `reservation_no_overlap` (see the migration) refuses the second.
    A checkout's hold is one like any other: the order's actor frees it when the payment lapses. Times UTC, durations
    seconds, coordinates GCJ-02 degrees.
    """

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reservations")
    order_id = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    travel_s = models.PositiveIntegerField()
    buffer_s = models.PositiveIntegerField()
    period = DateTimeRangeField()
    lng = models.FloatField()
    lat = models.FloatField()
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = verbose_name_plural = "占用时段"
        indexes = [
            models.Index(fields=["worker", "starts_at"], condition=models.Q(active=True), name="reservation_day")
        ]
        constraints = [
            models.UniqueConstraint(fields=["order_id"], condition=models.Q(active=True), name="reservation_per_order")
        ]


class Way(models.Model):
    """What a vendor said of the way from one h3 cell to another in an hour of the day (0 to 23, Asia/Shanghai).

    Cells, not doors: the row is nobody's. metres and seconds; by: the vendor, "" where all were asked in vain.
    """

    start = models.BigIntegerField()
    end = models.BigIntegerField()
    hour = models.PositiveSmallIntegerField()
    distance_m = models.PositiveIntegerField()
    travel_s = models.PositiveIntegerField()
    by = models.CharField(max_length=20, blank=True)
    known_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "路程"
        indexes = [models.Index(fields=["end"], name="ways_to")]
        constraints = [models.UniqueConstraint(fields=["start", "end", "hour"], name="way_once")]
