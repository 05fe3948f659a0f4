"""Photos that people send: private, in two sizes, without what a phone writes into them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

SIZES: dict[str, int] = {"large": 1600, "small": 400}
"""Size -> the longest side in pixels at most."""


class Photo(models.Model):
    """One photo of one person. What it belongs to, and so who else may see it, is told by whoever points at it.

    name: of its files, by chance. digest: of the bytes as they came; the same again is the same photo. width, height:
    of the large one.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="photos")
    name = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "照片"
        constraints = [models.UniqueConstraint(fields=["owner", "digest"], name="photo_once")]

    def path(self, size: str) -> str:
        """Where the private storage has it."""
        return f"photos/{self.name[:2]}/{self.name}-{size}.webp"
