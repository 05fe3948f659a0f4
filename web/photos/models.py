"""Photos that people send: private, in two sizes, without what a phone writes into them; and the platform's own
pictures, which everybody may see.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

SIZES: dict[str, int] = {"large": 1600, "small": 400}
"""Size -> the longest side in pixels at most."""

PICTURE_SIZES: dict[str, int] = {"960": 960, "480": 480, "160": 160}
"""The same of the platform's own pictures: of a list's, a page's and a wide screen's."""

PICTURE = "picture:"
"""What a row that points at a picture has before its name; anything else is a path below /static/."""


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


class PublicPicture(models.Model):
    """A picture of the platform's own: of a service, a category, a banner. Whoever shows it says `picture:{name}`.

    name: follows from what is in its files, so that they can be kept for ever. used_at: when it was uploaded, or taken
    up by a row, last. width, height: of the largest.
    """

    name = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64, db_index=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "平台图片"

    def __str__(self) -> str:
        return f"{PICTURE}{self.name}"


def picture_path(name: str, size: str) -> str:
    """Where the public storage has a picture in that size."""
    return f"pictures/{name[:2]}/{name}-{size}.webp"
