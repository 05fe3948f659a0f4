"""改约: which times there are for a visit that is to move, and moving it."""

from ninja import Query, Router

from web.accounts import ties
from web.accounts.auth import SIGNED_IN, SignedRequest, require
from web.openapi import refusals
from web.orders import selectors
from web.orders.api.booking import Day, IdempotencyKey, day_of, visible_order
from web.orders.api.commands import ANSWERS, REFUSALS, Answer
from web.orders.api.commands import give_command as give
from web.orders.booking_schemas import MoveSlot, MoveSlots, RescheduleRequest
from web.scheduling import selectors as scheduling
from web.scheduling.learning import learn_ways
from web.scheduling.routing import Place
from web.schemas import Id
from workflows.transitions import Move, Role

router = Router()


@router.get("/orders/{order_id}/slots", auth=SIGNED_IN, response=MoveSlots, openapi_extra=refusals("not_found"))
def list_slots_to_move(request: SignedRequest, order_id: Id, day: Query[Day]) -> MoveSlots:
    """The times of a day (Asia/Shanghai) that the visit could have instead, and whether its worker is free then."""
    order = visible_order(request.auth, order_id)
    _, blocked = ties.ties_of(order.customer_id)
    place = Place(order.lng, order.lat)
    learn_ways(city=order.city, skill=order.service_version.skill, place=place, day=day_of(day))
    slots = scheduling.free_slots(
        city=order.city,
        skill=order.service_version.skill,
        place=place,
        day=day_of(day),
        duration_s=order.duration_s,
        policies=selectors.policies_of(order),
        without_order=order.pk,
        without=blocked,
    )
    others = [slot for slot in slots if slot.starts_at != order.starts_at]
    return MoveSlots(day=day, slots=[MoveSlot.of(slot, worker_id=order.worker_id) for slot in others])


@router.post(
    "/orders/{order_id}/reschedule", auth=require(Role.CUSTOMER, Role.STAFF), response=ANSWERS, openapi_extra=REFUSALS
)
async def reschedule(
    request: SignedRequest, order_id: Id, payload: RescheduleRequest, key: IdempotencyKey = ""
) -> Answer:
    """Another time: with the same worker where he is free, else the order looks for another one. How often a customer
    may, and what he takes along, stands in the detail's `rescheduling` before.
    """
    return await give(request, order_id, Move.RESCHEDULE, key, {"starts_at": payload.starts_at.isoformat()})
