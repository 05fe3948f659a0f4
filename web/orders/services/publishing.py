"""Who hears of a change: the same card on the order's, the customer's, the worker's and the board's topic."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import hub
from web.notifications.concerns import Reader
from web.orders.cards import alarm_card, for_outsiders, offer_card, order_card
from web.orders.models import Alarm, Offer, Order
from web.orders.telling import tell
from web.times import iso
from workflows.messages import CommandMessage, Outcome
from workflows.transitions import Role


def publish_order(order: Order, *, type: str, by: Role, also_workers: tuple[int, ...] = (), told: str = "") -> None:
    """Push `order.<type>` to all concerned, and write them their messages. `also_workers`: workers who had a part in it
    and no longer have. told: what is read of it, where its type does not say enough.
    """
    card = order_card(order)
    workers = {worker for worker in (order.worker_id, *also_workers) if worker}
    board, others = f"board:{order.city}", [f"order:{order.pk}", f"customer:{order.customer_id}"]
    for topic in [board, *others, *(f"worker:{worker}" for worker in workers)]:
        data = {"order": card if topic == board else for_outsiders(card), "by": {"role": by.value}}
        hub.publish(topic, type=f"order.{type}", subject=f"order:{order.pk}", data=data)
    _notify(order, type=told or type, aside=workers - {order.worker_id})


def publish_offer(offer: Offer, order: Order) -> None:
    """Push an offer to its worker alone: it carries what he would earn."""
    data = {"offer": offer_card(offer, order)}
    hub.publish(f"worker:{offer.worker_id}", type="offer.made", subject=f"offer:{offer.pk}", data=data)


def publish_offer_closed(offer: Offer) -> None:
    """Tell the worker that an offer is over, and how it ended."""
    data = {"offer_id": offer.pk, "order_id": offer.order_id, "state": offer.state}
    hub.publish(f"worker:{offer.worker_id}", type="offer.closed", subject=f"offer:{offer.pk}", data=data)


def publish_alarm(alarm: Alarm, *, type: str) -> None:
    """Push `alarm.<type>` to the city's board."""
    data = {"alarm": alarm_card(alarm)}
    hub.publish(f"board:{alarm.city}", type=f"alarm.{type}", subject=f"alarm:{alarm.pk}", data=data)


def publish_decision(
    message: CommandMessage, *, order_id: int, state: str, outcome: Outcome, decided_at: datetime
) -> None:
    """Tell the one who asked what became of it; staff read `GET /api/commands/{id}`."""
    topic = {Role.CUSTOMER: "customer", Role.WORKER: "worker"}.get(Role(message.role))
    if topic is None:
        return
    data: dict[str, Any] = {
        "command_id": message.command_id,
        "order_id": order_id,
        "move": message.move,
        "state": state,
        "outcome": asdict(outcome),
        "decided_at": iso(decided_at),
    }
    subject = f"command:{message.command_id}"
    hub.publish(f"{topic}:{message.actor_id}", type="command.decided", subject=subject, data=data)


def _notify(order: Order, *, type: str, aside: set[int]) -> None:
    people = {Reader.CUSTOMER: [order.customer_id]}
    if order.worker_id:
        people[Reader.WORKER] = [order.worker_id]
    tell(order, event=type, people=people)
    # Each is asked until a time of his own.
    until = {offer.worker_id: offer.due_at for offer in order.open_offers} if type == "offered" else {}
    by_time: dict[datetime | None, list[int]] = {}
    for worker_id in sorted(aside):
        by_time.setdefault(until.get(worker_id), []).append(worker_id)
    for useful_until, workers in by_time.items():
        tell(order, event=type, people={Reader.ASIDE: workers}, useful_until=useful_until)
