"""A stored command on its way to its actor: what fails there is not known yet, or a refusal that can be said."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, FailureError, TerminatedError

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, refusal
from web.orders import services
from web.orders.models import Command
from workflows import client
from workflows.messages import Outcome

pytestmark = pytest.mark.django_db


def cancel(story: Story) -> Any:
    return Api(story.order.customer).post(f"/orders/{story.id}/cancel", {"reason": "other"}, idempotency_key="k")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("function", ["_order_now", "_decided"])
def test_when_the_database_goes_away_after_the_row_was_written_it_is_pending_and_not_undone(
    function: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay will bring it to its order: 503 would say that nothing happened."""

    def gone(*_: object) -> None:
        raise error

    monkeypatch.setattr(client, function, gone)
    story = Story.in_town().pay()
    answer = cancel(story)
    assert (answer.status_code, body_of(answer)["status"]) == (202, "pending")
    assert Command.objects.get().state == Command.PENDING


def test_a_refusal_that_cannot_be_written_is_pending_because_the_relay_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(**_: object) -> None:
        raise OperationalError

    story = Story.in_town().settled().close()
    monkeypatch.setattr(services, "record_outcome", gone)
    answer = Api(story.order.customer).post(f"/orders/{story.id}/confirm", {}, idempotency_key="k")
    assert (answer.status_code, body_of(answer)["status"]) == (202, "pending")


def test_what_was_decided_first_is_the_answer_whatever_the_actor_says_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds who accept at once the last Updates come when nobody wants them any more: their rows say why."""

    async def late(command: Command, *_: object) -> None:
        gone = {"done": False, "phase": "ACCEPTED", "version": 4, "code": "offer_closed", "details": {}}
        row = Command.objects.filter(pk=command.pk)
        await sync_to_async(row.update)(state=Command.REFUSED, outcome=gone, decided_at=timezone.now())
        raise WorkflowUpdateFailedError(ApplicationError("", type="expired"))

    monkeypatch.setattr(client, "_update", late)
    assert refusal(cancel(Story.in_town().pay())) == (409, "offer_closed")
    assert Command.objects.get().state == Command.REFUSED


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (ApplicationError("", type="expired"), "expired"),
        (ApplicationError("", Outcome(False, "", 0, "offer_closed").__dict__, type="offer_closed"), "offer_closed"),
        (ApplicationError("", type="builtins.KeyError"), "not_allowed"),
        (ApplicationError("", type=None), "not_allowed"),
        (TerminatedError(""), "not_allowed"),
    ],
)
def test_a_failure_that_nobody_foresaw_is_a_refusal_that_can_be_said(
    cause: FailureError, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise WorkflowUpdateFailedError(cause)

    monkeypatch.setattr(client, "_update", fail)
    story = Story.in_town().pay()
    assert refusal(cancel(story)) == (409, code)
    assert Command.objects.get().state in (Command.REFUSED, Command.EXPIRED)
