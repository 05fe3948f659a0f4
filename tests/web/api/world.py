"""Somebody's things, one of each kind that the API can name, and how each operation is asked for them.

A new operation with an id in its path or its body needs a line here: `test_outsider.py` says so when it is missing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.web.people import make_address, make_city, make_customer, make_service, make_worker
from web.accounts.models import User
from web.catalog.models import Service
from web.orders.models import Alarm, Command, Offer, Order
from web.orders.policies import Policies
from web.payments.models import Payment
from workflows.transitions import Phase

PUBLIC = {
    "POST /api/auth/codes",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/staff",
    "GET /api/cities",
    "GET /api/categories",
    "GET /api/services",
    "GET /api/services/{service_id}",
    # A gateway signs its bytes instead: tests/web/payments.
    "POST /api/payments/callbacks/{channel}",
}
"""What needs no login. Nothing joins this list without a reason."""

NOBODYS = {"service_id", "step", "channel"}
"""Path parameters that belong to nobody: knowing them opens nothing."""


@dataclass
class World:
    """ids: path parameter → the somebody's. bodies: operation → a body that would be right for that somebody."""

    customer: User
    worker: User
    ids: dict[str, int | str]
    bodies: dict[str, dict[str, Any]]

    def path(self, operation: str) -> str:
        """The operation's path below /api with the somebody's ids in it."""
        route = operation.split(" ", 1)[1].removeprefix("/api")
        return route.format(**self.ids)


def make_world() -> World:
    """A customer of Hangzhou with an address, and an order that a worker was offered and is on."""
    make_city()
    customer, worker, service = make_customer(), make_worker(on_duty=True).user, make_service()
    address = make_address(customer)
    order = _order(customer, worker, service)
    soon = timezone.now() + timedelta(minutes=5)
    payment = Payment.objects.create(order_id=order.pk, channel="sandbox", amount_fen=1, due_at=soon)
    offer = Offer.objects.create(order=order, worker=worker, distance_m=1, travel_s=1, pay_fen=1, due_at=soon)
    alarm = Alarm.objects.create(kind=Alarm.NEEDS_OPS, city=order.city, order=order, ring_again_at=soon)
    ids: dict[str, int | str] = {
        "address_id": address.pk,
        "alarm_id": alarm.pk,
        "channel": "sandbox",
        "city": order.city,
        "command_id": _command(order, customer).pk,
        "offer_id": offer.pk,
        "order_id": order.pk,
        "payment_id": payment.pk,
        "service_id": service.pk,
        "step": 1,
    }
    return World(customer, worker, ids, _bodies(service, address.pk, worker))


def _order(customer: User, worker: User, service: Service) -> Order:
    return Order.objects.create(
        customer=customer,
        worker=worker,
        service=service,
        service_name=service.name,
        city="hangzhou",
        phase=Phase.EN_ROUTE.value,
        starts_at=timezone.now() + timedelta(hours=1),
        duration_s=3600,
        contact_name="李女士",
        contact_phone="+8613800138000",
        place="文三路 100 号",
        start_code="1234",
        district="西湖区",
        lng=120.15,
        lat=30.27,
        total_fen=10_900,
        policies=Policies().model_dump(mode="json"),
        key="somebodys-own-key",
    )


def _command(order: Order, customer: User) -> Command:
    return Command.objects.create(
        user=customer,
        order=order,
        key="somebodys-command",
        move="cancel",
        role="customer",
        body={},
        body_hash="",
        received_at=timezone.now(),
        valid_for_s=300,
    )


def _bodies(service: Service, address_id: int, worker: User) -> dict[str, dict[str, Any]]:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    address = {
        "city": "hangzhou",
        "district": "西湖区",
        "place": "文三路 1 号",
        "contact_name": "外人",
        "contact_phone": "13800138000",
        "lng": 120.1,
        "lat": 30.2,
    }
    return {
        "PUT /api/addresses/{address_id}": address,
        "POST /api/quotes": {"service_id": service.pk, "address_id": address_id},
        "POST /api/orders": {
            "service_id": service.pk,
            "address_id": address_id,
            "starts_at": tomorrow,
            "quoted_fen": 10_900,
        },
        "POST /api/orders/{order_id}/pay": {"channel": "sandbox"},
        "POST /api/orders/{order_id}/cancel": {"reason": "changed_mind"},
        "POST /api/orders/{order_id}/assign": {"worker_id": worker.pk},
        "POST /api/orders/{order_id}/start": {"code": "1234"},
        "POST /api/offers/{offer_id}/refuse": {"reason": "too_far"},
        "PUT /api/orders/{order_id}/tie": {"kind": "blocked"},
        "POST /api/worker/visibility": {"visible": True},
    }
