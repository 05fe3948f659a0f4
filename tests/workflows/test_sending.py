"""A round of the message centre, Temporal left out: nobody is sent to twice, and whoever is away is asked once."""

import pytest

from web.notifications import selectors, services
from workflows.activities import sending
from workflows.messages import SendReport


class Outbox:
    """Due deliveries, and what becomes of each when it is tried. tried: in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **due: str) -> None:
        """due: "wechat_1" -> the state that it will have."""
        self.due = dict(due)
        self.tried: list[str] = []
        monkeypatch.setattr(services, "plan_deliveries", lambda: 0)
        monkeypatch.setattr(services, "close_lost_deliveries", lambda: 0)
        monkeypatch.setattr(services, "settle_receipts", lambda: 0)
        monkeypatch.setattr(selectors, "due_deliveries", self.listed)
        monkeypatch.setattr(services, "deliver", self.deliver)

    def listed(self, *, limit: int, without: set[str]) -> list[tuple[int, str]]:
        named = [
            (list(self.due).index(name), name.split("_")[0]) for name, state in self.due.items() if state != "done"
        ]
        return [(number, channel) for number, channel in named if channel not in without][:limit]

    def deliver(self, *, delivery_id: int) -> str:
        name = list(self.due)[delivery_id]
        self.tried.append(name)
        state = self.due[name]
        if state != "pending":
            self.due[name] = "done"
        return state


async def test_a_quiet_round_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Outbox(monkeypatch)
    assert await sending.send_messages() == SendReport()


async def test_all_that_is_due_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Outbox(monkeypatch, **{f"sms_{number}": "sent" for number in range(3 * sending.AT_ONCE)})
    report = await sending.send_messages()
    assert report.sent == {"sent": 3 * sending.AT_ONCE}
    assert sorted(box.tried) == sorted(box.due)


async def test_who_is_away_is_asked_no_more_in_this_round_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    away = {f"wechat_{number}": "pending" for number in range(50)}
    box = Outbox(monkeypatch, **away, **{f"sms_{number}": "sent" for number in range(5)})
    report = await sending.send_messages()
    assert report.sent == {"pending": sending.AT_ONCE, "sent": 5}
    assert len([name for name in box.tried if name.startswith("wechat")]) == sending.AT_ONCE


async def test_what_providers_said_is_heard_after_what_is_due_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt that breaks keeps nobody's message."""
    box = Outbox(monkeypatch, sms_1="sent")
    heard_after: list[list[str]] = []

    def settle() -> int:
        heard_after.append(list(box.tried))
        return 2

    monkeypatch.setattr(services, "settle_receipts", settle)
    assert await sending.send_messages() == SendReport(sent={"sent": 1}, receipts=2)
    assert heard_after == [["sms_1"]]


async def test_what_others_have_taken_ends_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Outbox(monkeypatch, sms_1="", sms_2="")
    assert (await sending.send_messages()).sent == {}
    assert box.tried == ["sms_1", "sms_2"]


async def test_a_round_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "ROUND_S", 0.0)
    box = Outbox(monkeypatch, sms_1="sent")
    await sending.send_messages()
    assert box.tried == []
