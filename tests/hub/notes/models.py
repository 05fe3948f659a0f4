"""Something that changes together with its events, and who may read it."""

from typing import ClassVar

from django.db import models


class Note(models.Model):
    """A value whose every change is published on `note:{id}`."""

    id = models.BigIntegerField(primary_key=True)
    value = models.IntegerField(default=0)
    # Said outright: the type checker runs with the settings of Doorbell, where this app is not installed.
    objects: ClassVar[models.Manager["Note"]] = models.Manager()


class Reader(models.Model):
    """A person who may read `private:{id}`; without the row he may not."""

    user_id = models.TextField()
    private_id = models.BigIntegerField()
    objects: ClassVar[models.Manager["Reader"]] = models.Manager()
