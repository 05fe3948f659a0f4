"""The switchboard as it stands: the operator's rows over the defaults, read once for many messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from web.notifications.kinds import KINDS, OFF, Channel, Rule
from web.notifications.models import ChannelRule
from web.times import SHANGHAI


@dataclass(frozen=True)
class Switchboard:
    """Kind × channel -> rule."""

    rows: Mapping[tuple[str, str], Rule] = field(default_factory=dict)

    def rule(self, kind: str, channel: Channel) -> Rule:
        """The operator's, else the default, else off."""
        default = KINDS[kind].rules.get(channel, OFF) if kind in KINDS else OFF
        return self.rows.get((kind, str(channel)), default)

    def channels(self, kind: str) -> list[Channel]:
        """Those that are on, in the order in which they are tried."""
        return [channel for channel in Channel if self.rule(kind, channel).on]

    def after(self, kind: str, channel: Channel) -> Channel | None:
        """What is tried when `channel` did not reach him."""
        later = self.channels(kind)
        later = [one for one in later if list(Channel).index(one) > list(Channel).index(channel)]
        return later[0] if later else None


def current() -> Switchboard:
    """One query."""
    return Switchboard({(row.kind, row.channel): _rule(row) for row in ChannelRule.objects.all()})


def due(rule: Rule, *, critical: bool, now: datetime) -> datetime:
    """When a message may go: at once, or when the quiet hours are over."""
    if critical or rule.quiet is None:
        return now
    begin, end = rule.quiet
    local = now.astimezone(SHANGHAI)
    quiet = begin <= local.hour < end if begin <= end else local.hour >= begin or local.hour < end
    if not quiet:
        return now
    morning = local.replace(hour=end, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)


def _rule(row: ChannelRule) -> Rule:
    quiet = None if row.quiet_from is None or row.quiet_until is None else (row.quiet_from, row.quiet_until)
    return Rule(on=row.on, only_away=row.only_away, quiet=quiet)
