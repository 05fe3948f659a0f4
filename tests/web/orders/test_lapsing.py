"""An offer's time is over: unless its worker had answered in time and his answer is still on its way to the actor."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.orders.story import Story, refused
from tests.web.people import make_worker
from web.orders import services
from web.orders.models import Command, Offer, OrderStep
from web.workforce.models import Worker
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def overdue(story: Story, *, received_before_due_s: float, move: Move = Move.ACCEPT) -> Command:
    """The open offer's time is over, and its worker's answer was received so long before."""
    offer = story.offered
    command = story.receive(offer.worker, move, offer_id=offer.pk, reason="busy")
    due_at = timezone.now() - timedelta(seconds=1)
    Offer.objects.filter(pk=offer.pk).update(due_at=due_at)
    Command.objects.filter(pk=command.pk).update(received_at=due_at - timedelta(seconds=received_before_due_s))
    return Command.objects.get(pk=command.pk)


@pytest.mark.parametrize("move", [Move.ACCEPT, Move.REFUSE])
def test_an_answer_in_time_goes_before_the_lapse(move: Move) -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    command = overdue(story, received_before_due_s=0.3, move=move)
    lapse = story.step(Move.OFFER_LAPSED, key=f"offer:{offer.pk}:expired")
    assert (lapse.conflict, lapse.view.offer_id, lapse.view.version) == (True, offer.pk, story.order.version)
    assert not OrderStep.objects.filter(key=f"offer:{offer.pk}:expired").exists()
    assert Worker.objects.get(pk=offer.worker_id).unanswered == 0
    assert story.take(command).outcome.done
    offer.refresh_from_db()
    assert offer.state == (Offer.ACCEPTED if move == Move.ACCEPT else Offer.REFUSED)


def test_when_the_answer_expires_the_offer_lapses_under_the_same_key() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    command = overdue(story, received_before_due_s=0.3)
    assert story.step(Move.OFFER_LAPSED, key=f"offer:{offer.pk}:expired").conflict
    Command.objects.filter(pk=command.pk).update(valid_for_s=0.5)
    story.lapse()
    assert story.types[-1] == "lapsed"
    assert services.expire_commands() == 1


def test_an_answer_after_the_time_does_not_hold_the_lapse_up() -> None:
    story = Story.in_town().pay().offer()
    overdue(story, received_before_due_s=-0.3)
    story.lapse()


def test_a_decided_answer_does_not_hold_the_lapse_up() -> None:
    story = Story.in_town().pay().offer()
    command = overdue(story, received_before_due_s=0.3)
    Command.objects.filter(pk=command.pk).update(state=Command.REFUSED)
    story.lapse()


def test_an_answer_that_is_refused_holds_the_lapse_up_no_longer() -> None:
    story = Story.in_town().pay().offer()
    command = overdue(story, received_before_due_s=0.3)
    Command.objects.filter(pk=command.pk).update(user=make_worker().user)  # nobody who was asked
    command.refresh_from_db()
    assert story.step(Move.OFFER_LAPSED, key="lapsed").conflict
    assert refused(story.take(command)) == "offer_closed"
    story.lapse()
    assert story.order.phase == Phase.DISPATCHING
