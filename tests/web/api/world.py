"""Somebody's things, one of each kind that the API can name, and how each operation is asked for them.

A new operation with an id in its path or its body needs a line here: `test_outsider.py` says so when it is missing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.web.marketing.offers import cut, make_kind
from tests.web.people import make_address, make_city, make_customer, make_service, make_worker, sold
from tests.world.fiction import told_as_placed
from web.accounts.models import User
from web.catalog.models import Search, Service
from web.ledger.models import Withdrawal
from web.marketing import services as marketing
from web.marketing.models import Exchange, Gift, PointsEntry
from web.marketing.services import points
from web.marketing.services.points import Why
from web.orders.models import AfterSalesCase, Alarm, Command, Compensation, Offer, Order, Proposal, ServiceRecord
from web.orders.policies import Policies
from web.payments.models import Payment, Refund
from web.photos.models import Photo
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
    "GET /api/home",
    # Counted, and of a customer who has signed in his own: tests/web/catalog/test_views.py.
    "POST /api/services/{service_id}/views",
    "GET /api/search",
    "GET /api/search/suggestions",
    "GET /api/search/hot",
    # Times and prices at a place; at an address they are its owner's: tests/web/orders/test_before_login.py.
    "GET /api/services/{service_id}/slots",
    "POST /api/quotes",
    # What a city has on offer: people look before they log in.
    "GET /api/campaigns",
    "GET /api/coupons/kinds",
    "GET /api/gifts",
    # Whose search it is decides: tests/web/catalog/test_searching.py.
    "POST /api/search/{search}/clicks",
    # A gateway signs its bytes instead: tests/web/payments.
    "POST /api/payments/callbacks/{channel}",
    # WeChat signs, the SMS vendor was given a word: tests/web/notifications/test_pushes.py, test_receipts.py.
    "GET /api/wechat/messages",
    "POST /api/wechat/messages",
    "POST /api/sms/reports",
    # The link is the proof, because an `img` sends no token: tests/web/photos.
    "GET /api/photos/{photo_id}/{size}",
}
"""What needs no login. Nothing joins this list without a reason."""

NOBODYS = {"gift_id", "kind_id", "service_id", "step", "channel", "size"}
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
    refund = Refund.objects.create(payment=payment, key="somebodys", amount_fen=1)
    withdrawal = Withdrawal.objects.create(
        payee=worker, key="somebodys", channel="sandbox", amount_fen=1, state=Withdrawal.WAITING
    )
    owed = Compensation.objects.create(order=order, user=customer, rule="staff", key="somebodys", amount_fen=1)
    offer = Offer.objects.create(order=order, worker=worker, distance_m=1, travel_s=1, pay_fen=1, due_at=soon)
    alarm = Alarm.objects.create(kind=Alarm.NEEDS_OPS, city=order.city, order=order, ring_again_at=soon)
    ServiceRecord.objects.create(order=order, position=1, name="清洁厨房")
    exchange = _exchange(customer)
    photo = Photo.objects.create(owner=worker, name="0" * 32, digest="", width=1, height=1)
    ids: dict[str, int | str] = {
        "address_id": address.pk,
        "alarm_id": alarm.pk,
        "case_id": _case(order).pk,
        "channel": "sandbox",
        "city": order.city,
        "compensation_id": owed.pk,
        "kind_id": make_kind(cut(100), how="grabbed").pk,
        "exchange_id": exchange.pk,
        "gift_id": exchange.gift_id,
        "command_id": _command(order, customer).pk,
        "offer_id": offer.pk,
        "order_id": order.pk,
        "payment_id": payment.pk,
        "photo_id": photo.pk,
        "size": "small",
        "proposal_id": _proposal(order, worker).pk,
        "refund_id": refund.pk,
        "search": str(Search.objects.create(user=customer, query="空调", found=1).token),
        "service_id": service.pk,
        "step": 1,
        "withdrawal_id": withdrawal.pk,
        "worker_id": worker.pk,
    }
    return World(customer, worker, ids, _bodies(service, address.pk, worker, photo.pk))


def _order(customer: User, worker: User, service: Service) -> Order:
    order = Order.objects.create(
        customer=customer,
        worker=worker,
        service=service,
        service_version=sold(service),
        service_name=service.name,
        city="hangzhou",
        phase=Phase.ARRIVED.value,
        paid_at=timezone.now(),
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
    told_as_placed(order)
    return order


def _proposal(order: Order, worker: User) -> Proposal:
    return Proposal.objects.create(
        order=order,
        kind=Proposal.SUPPLEMENT,
        by="worker",
        to="customer",
        made_by=worker,
        terms={"lines": [], "extra_s": 0},
        amount_fen=100,
        phase=order.phase,
        due_at=timezone.now() + timedelta(minutes=5),
    )


def _exchange(customer: User) -> Exchange:
    """He had a gift for points, and has as many left as another one costs."""
    why = Why(PointsEntry.CORRECTED, "somebodys")
    points.earn(user_id=customer.pk, points=20, why=why, good_until=timezone.now() + timedelta(days=1))
    gift = Gift.objects.create(name="保温杯", points=10, stock=9, on=True)
    address_id = customer.addresses.get().pk
    return marketing.exchange_gift(
        user=customer, gift_id=gift.pk, points_shown=10, key="somebodys", address_id=address_id
    )[0]


def _case(order: Order) -> AfterSalesCase:
    return AfterSalesCase.objects.create(order=order, kind="quality", text="没有打扫干净", due_at=timezone.now())


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


def _bodies(service: Service, address_id: int, worker: User, photo_id: int) -> dict[str, dict[str, Any]]:
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
        "POST /api/board/alarms/{alarm_id}/close": {"note": "已线下处理"},
        "PUT /api/addresses/{address_id}": address,
        "POST /api/search/{search}/clicks": {"service_id": service.pk, "position": 1},
        "POST /api/quotes": {"service_id": service.pk, "address_id": address_id},
        "POST /api/quotes/workers": {"service_id": service.pk, "address_id": address_id, "starts_at": tomorrow},
        "POST /api/orders": {
            "service_id": service.pk,
            "address_id": address_id,
            "starts_at": tomorrow,
            "quoted_fen": 10_900,
        },
        "POST /api/orders/{order_id}/pay": {"channel": "sandbox"},
        "POST /api/orders/{order_id}/cancel": {"reason": "changed_mind"},
        "POST /api/orders/{order_id}/reschedule": {"starts_at": tomorrow},
        "POST /api/orders/{order_id}/address": {"address_id": address_id, "quoted_fen": 10_900},
        "POST /api/orders/{order_id}/request": {"request": "请带梯子"},
        "POST /api/orders/{order_id}/proposals/move": {"starts_at": tomorrow},
        "POST /api/orders/{order_id}/proposals/supplement": {"other_fen": 100, "reason": "配件"},
        "POST /api/orders/{order_id}/proposals/{proposal_id}/pay": {"channel": "sandbox"},
        "POST /api/orders/{order_id}/assign": {"worker_id": worker.pk},
        "POST /api/orders/{order_id}/hand-back": {"reason": "other"},
        "POST /api/orders/{order_id}/take-off": {"reason": "other"},
        "POST /api/orders/{order_id}/call-off": {"reason": "other"},
        "POST /api/orders/{order_id}/start": {"code": "1234"},
        "POST /api/orders/{order_id}/messages": {"text": "您好"},
        "POST /api/orders/{order_id}/steps/{step}/photos": {"stage": "before", "photos": [photo_id]},
        "POST /api/orders/{order_id}/exceptions": {"type": "other"},
        "POST /api/orders/{order_id}/exceptions/decide": {"outcome": "continue"},
        "POST /api/orders/{order_id}/claims": {"kind": "quality", "text": "没有打扫干净"},
        "POST /api/orders/{order_id}/cases/{case_id}/answer": {"outcome": "noted", "text": "已联系"},
        "POST /api/orders/{order_id}/tip": {"amount_fen": 100},
        "POST /api/orders/{order_id}/tip/pay": {"channel": "sandbox"},
        "POST /api/orders/{order_id}/refund": {"reason": "quality"},
        "POST /api/compensations/{compensation_id}/pay-out": {"channel": "sandbox"},
        "POST /api/compensations/{compensation_id}/paid-otherwise": {"note": "银行转账 20261129"},
        "POST /api/worker/withdrawals": {"amount_fen": 1, "channel": "sandbox"},
        "POST /api/withdrawals/{withdrawal_id}/review": {"approve": False, "reason": "other"},
        "POST /api/offers/{offer_id}/refuse": {"reason": "too_far"},
        "PUT /api/orders/{order_id}/tie": {"kind": "blocked"},
        "PUT /api/workers/{worker_id}/levels": {"skill": "cleaning", "level": 3, "note": "考核"},
        "POST /api/worker/visibility": {"visible": True},
        "POST /api/gifts/{gift_id}/exchange": {"points": 10, "address_id": address_id},
        "PUT /api/marketing/wishes": {"accepts": True},
    }
