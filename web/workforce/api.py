"""A worker's own pages: the switch, where he is, hours and area. His orders are in `web/orders/api/`."""

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest, require
from web.openapi import refusals
from web.orders import selectors as orders
from web.schemas import Id
from web.workforce import levels, planning, reach, selectors, services
from web.workforce.plan_schemas import PlanCard, PlanRequest
from web.workforce.schemas import (
    Duty,
    DutyChange,
    Levels,
    LevelSet,
    Points,
    PositionBatch,
    PositionsTaken,
    Profile,
    ProfileChange,
    Reach,
    Visibility,
)
from workflows import client
from workflows.transitions import Role

router = Router(auth=require(Role.WORKER))

STAFF = require(Role.STAFF)


@router.get("/worker/duty", response=Duty)
def get_duty(request: SignedRequest) -> Duty:
    """The switch 听单/休息."""
    return _duty(request)


@router.put("/worker/duty", response=Duty)
async def put_duty(request: SignedRequest, payload: DutyChange) -> Duty:
    """Turn the switch. Being connected is something else, and the hub knows it."""
    duty, waiting = await sync_to_async(_turn)(request, payload.on_duty)
    # Orders that had nobody: he might be the one, and must not wait for their next round.
    await client.look_again(waiting)
    return duty


@router.post("/worker/visibility", response=Reach)
def post_visibility(request: SignedRequest, payload: Visibility) -> Reach:
    """The app came to the front, or left it; while the socket is there, use its `visibility` method."""
    worker = selectors.profile_of(request.auth)
    reach.set_visible(worker_id=worker.pk, visible=payload.visible)
    return Reach(reach=selectors.reach_of(worker.pk))


@router.post("/worker/positions", response=PositionsTaken)
def post_positions(request: SignedRequest, payload: PositionBatch) -> PositionsTaken:
    """Positions that piled up while the socket was away; while it is there, use its `position` method."""
    worker = selectors.profile_of(request.auth)
    seen = [position.seen() for position in payload.positions]
    return PositionsTaken(newest_kept=services.record_positions(worker=worker, positions=seen))


@router.get("/worker/points", response=Points)
def list_points(request: SignedRequest) -> Points:
    """What cost me points: which order, by which rule."""
    return Points.of(selectors.profile_of(request.auth))


@router.get("/workers/{worker_id}/levels", auth=STAFF, response=Levels, openapi_extra=refusals("not_found"))
def get_levels(request: SignedRequest, worker_id: Id) -> Levels:
    """How good a worker of my city is at what, and who said so."""
    return Levels.of(levels.visible_worker(request.auth, worker_id))


@router.put(
    "/workers/{worker_id}/levels",
    auth=STAFF,
    response=Levels,
    openapi_extra=refusals("not_found", "skill_unknown"),
)
def put_level(request: SignedRequest, worker_id: Id, payload: LevelSet) -> Levels:
    """Set one of them. The ranking weighs it at once; the commission follows it for what he takes from now on."""
    return Levels.of(levels.set_level(staff=request.auth, worker_id=worker_id, **payload.model_dump()))


@router.get("/worker/profile", response=Profile)
def get_profile(request: SignedRequest) -> Profile:
    """Oneself as a worker."""
    return Profile.of(selectors.profile_of(request.auth))


@router.patch("/worker/profile", response=Profile, openapi_extra=refusals("plan_breaks_orders"))
def change_profile(request: SignedRequest, payload: ProfileChange) -> Profile:
    """Change one's own weekly hours, or area, or both."""
    selectors.profile_of(request.auth)
    area = payload.area.model_dump() if payload.area else None
    change = planning.PlanChange(hours=payload.spans(), area=area)
    planning.change_plan(worker_id=request.auth.pk, change=change, keep=payload.keep)
    return Profile.of(selectors.profile_of(request.auth))


@router.get("/worker/plan", response=PlanCard)
def get_plan(request: SignedRequest) -> PlanCard:
    """One's own plan: weekly hours and breaks, single dates, leave, where days begin, caps; and the holidays ahead."""
    return PlanCard.of(selectors.profile_of(request.auth))


@router.patch("/worker/plan", response=PlanCard, openapi_extra=refusals("plan_breaks_orders", "break_outside_hours"))
def change_plan(request: SignedRequest, payload: PlanRequest) -> PlanCard:
    """Change one's own plan; each part that is named is replaced as a whole.

    Where orders that one has accepted would not fit it any more, nothing changes, and `plan_breaks_orders` lists them:
    hand them back first, or say `keep`.
    """
    selectors.profile_of(request.auth)
    planning.change_plan(worker_id=request.auth.pk, change=payload.change(), keep=payload.keep)
    return PlanCard.of(selectors.profile_of(request.auth))


def _turn(request: SignedRequest, on_duty: bool) -> tuple[Duty, list[int]]:
    services.set_duty(worker_id=request.auth.pk, on_duty=on_duty)
    return _duty(request), orders.exhausted_order_ids(request.auth.city) if on_duty else []


def _duty(request: SignedRequest) -> Duty:
    on_duty, since = selectors.duty_state(request.auth.pk)
    return Duty(on_duty=on_duty, since=since)
