"""Who is reached how: the operator's rules, the person's own wishes, and the providers' templates."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

from web.notifications.kinds import CHANNEL_NAMES

_CHANNELS = [(str(name), label) for name, label in CHANNEL_NAMES.items()]


class ChannelRule(models.Model):
    """The switchboard, kind × channel: a row overrides what `web.notifications.kinds` says by default.

    quiet_from, quiet_until: hours of the day in Shanghai, both or neither; over midnight when from is the later one.
    """

    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=10, choices=_CHANNELS)
    on = models.BooleanField(default=True)
    only_away = models.BooleanField(default=False)
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(23)])
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(23)])

    class Meta:
        verbose_name = verbose_name_plural = "消息开关"
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel"], name="channel_rule_once"),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__lte=23, quiet_until__lte=23),
                name="channel_rule_quiet",
            ),
        ]


class OptOut(models.Model):
    """Somebody who does not want this kind outside the app. A critical kind goes all the same."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=24)

    class Meta:
        verbose_name = verbose_name_plural = "消息退订"
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="opt_out_once")]


class ChannelTemplate(models.Model):
    """A template as the provider approved it: `code` is its number there, `fields` its slots -> our fields.

    Our fields are a message's own (service, when, worker, district) and title, body. For example
    {"thing1": "service", "time2": "when", "phrase3": "title"}.
    """

    channel = models.CharField(max_length=10, choices=_CHANNELS)
    template = models.CharField(max_length=24)
    code = models.CharField(max_length=80)
    fields = models.JSONField(default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "消息模板"
        constraints = [models.UniqueConstraint(fields=["channel", "template"], name="channel_template_once")]
