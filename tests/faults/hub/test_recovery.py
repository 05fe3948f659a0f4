"""Positions that cannot be recovered: a plain no, and never a part."""

import random
from dataclasses import dataclass

import pytest

import hub
from hub.models import Event, Topic
from tests.faults.hub.figures import Case, Size
from tests.hub import checker
from tests.hub.client import Client, opened
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")
CAP = 300
REJECT_UNRECOVERED = 2


@dataclass(frozen=True)
class Past:
    """A topic, the epoch that clients remember of it, and the oldest offset from which it can be recovered."""

    name: str
    epoch: str
    head: int
    oldest: int


def make_pasts(prefix: str) -> list[Past]:
    """A topic whose epoch changed, one that was pruned, one longer than the cap, and one that lost a middle."""
    made = []
    for what in ("replaced", "pruned", "long", "holed"):
        name, head = f"open:{prefix}:{what}", random.randint(CAP + 20, CAP + 100) if what == "long" else 40
        with hub.atomic():
            for value in range(head):
                hub.publish(name, type="test.happened", data={"value": value})
        epoch, oldest = hub.heads([name])[name]["epoch"], 0
        if what == "replaced":
            Topic.objects.filter(name=name).update(epoch=f"new-{prefix}")
            oldest = head + 1
        elif what == "long":
            oldest = head - CAP
        else:
            oldest = random.randint(5, 35)
            pruned = Event.objects.filter(topic=name, offset__lte=oldest)
            (pruned if what == "pruned" else pruned.filter(offset=oldest)).delete()
        made.append(Past(name, epoch, head, oldest))
    return made


@pytest.mark.case(12, "epoch change, past retention, past the cap")
async def test_positions_that_cannot_be_recovered(
    pair: list[DaphneServer], number: int, case: Case, size: Size
) -> None:
    refused = recovered = 0
    for turn in range(size(2, 10)):
        pasts = await in_thread(make_pasts, f"{number}:{turn}")
        for server in pair:
            async with opened(server.url, await issued(7)) as client:
                for past in pasts:
                    around = {past.oldest - 1, past.oldest, past.oldest + 1, 0, past.head - 1, past.head}
                    for offset in around | {random.randint(0, past.head) for _ in range(10)}:
                        if not 0 <= offset <= past.head:
                            continue
                        for flag in (0, REJECT_UNRECOVERED):
                            answered = await come_back(client, past, offset, flag)
                            assert answered == (offset >= past.oldest), (past, offset)
                            recovered += answered
                            refused += not answered
    case.tell(refused=refused, recovered=recovered)
    assert refused
    assert recovered


async def come_back(client: Client, past: Past, offset: int, flag: int) -> bool:
    """Whether the position was recovered; what came is then everything, and otherwise nothing."""
    reply = await client.ask("subscribe", channel=past.name, recover=True, offset=offset, epoch=past.epoch, flag=flag)
    if "error" in reply:
        assert (reply["error"]["code"], flag) == (112, REJECT_UNRECOVERED)
        return False
    await client.do("unsubscribe", channel=past.name)
    result = reply["subscribe"]
    if not result.get("recovered"):
        assert flag == 0
        assert "publications" not in result
        assert result["was_recovering"] is True
        return False
    assert checker.compare(database_url(), past.name, result.get("publications", []), after=offset).clean
    assert len(result.get("publications", [])) == past.head - offset
    return True
