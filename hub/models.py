"""The log's two tables. Their rows are written by hub/log.py alone; the models are for reading, admin and migrations.

`head` is the offset of the topic's last event. The lock on a topic's row, taken by the statement that raises the
head, makes the order of offsets the order of commits, across processes. The tables themselves guarantee that no
offset is taken twice, but not that there are no holes: that is log.py's doing.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class Topic(models.Model):
    name = models.TextField(primary_key=True)
    # Changes when a head is found to have gone back, and by `manage.py hub new-epoch`: positions of another epoch are
    # void. A row must not be deleted: made again, the topic would have its old epoch.
    epoch = models.TextField()
    head = models.BigIntegerField()

    class Meta:
        db_table = "hub_topic"

    def __str__(self) -> str:
        return f"{self.name}@{self.head}"


class Json(models.JSONField):
    """JSON as it was written. `jsonb` would write numbers out: 1e308 in 309 digits, past every limit in bytes."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return value  # psycopg has read it.


class Event(models.Model):
    pk = models.CompositePrimaryKey("topic", "offset")
    # No foreign key: its check would cost every publish, and only log.py writes.
    topic = models.TextField()
    offset = models.BigIntegerField()
    id = models.UUIDField()
    type = models.TextField()
    subject = models.TextField()
    time = models.DateTimeField()
    data = Json()

    class Meta:
        db_table = "hub_event"

    def __str__(self) -> str:
        return f"{self.topic}@{self.offset} {self.type}"
