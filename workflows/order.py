"""The order actor: one durable workflow per order drives it from payment to the end of the review window.

The row is the arbiter. Every step returns what the row says and the actor adopts it; every phase method decides one
thing and returns, and `run` asks the row's phase again. People's commands are Updates that only queue: the main loop
takes them one at a time, so no lock is needed. Deadlines are absolute and come from the row.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from workflows import refusals, summaries
    from workflows.activities.orders import adopt_order, rank_candidates, take_step
    from workflows.messages import (
        CommandMessage,
        OrderState,
        OrderView,
        Outcome,
        RankingResult,
        RefundStart,
        StepRequest,
        StepResult,
        Timer,
        refund_workflow_id,
    )
    from workflows.refund import RefundWorkflow
    from workflows.step import step
    from workflows.transitions import Move, Phase

KEPT_OUTCOMES = 100
"""Update ids are not remembered across continue-as-new: so many recent outcomes travel in the state."""

SHORTLY = timedelta(seconds=1)

LONG_HISTORY = 1_000
"""Events after which an idle actor goes on in a new run: who has to read them again reads little."""

LONG_WAIT = timedelta(days=1)
"""Before a wait as long as this the actor begins a new run, so that the wait's end finds a short history ..."""

SHORT_HISTORY = 12
"""... unless its history is no longer than this: then it has just begun one."""


@dataclass
class Ask:
    """Something asked of the actor: a person's command, or a machine's message. `outcome` is set when it is decided."""

    move: Move
    key: str
    command: CommandMessage | None = None
    reference: int | None = None
    outcome: Outcome | None = None


@workflow.defn(name="order")
class OrderWorkflow:
    """See the module's docstring; docs/architecture.md has the picture."""

    @workflow.init
    def __init__(self, start: OrderState) -> None:
        self._state = start
        self._asks: list[Ask] = []
        self._refunds_started: set[int] = set()
        self._woken = False
        self._renewing = False
        self._answering = 0
        self._phases = {
            Phase.AWAITING_PAYMENT: self._awaiting_payment,
            Phase.DISPATCHING: self._dispatching,
            Phase.ACCEPTED: self._accepted,
            Phase.EN_ROUTE: self._en_route,
            Phase.ARRIVED: self._arrived,
            Phase.IN_SERVICE: self._in_service,
            Phase.AWAITING_CONFIRMATION: self._awaiting_confirmation,
            Phase.COMPLETED: self._completed,
            Phase.EXCEPTION: self._in_exception,
            Phase.CANCELLED: self._cancelled,
        }

    @workflow.run
    async def run(self, start: OrderState) -> str:
        """Drive the order until nothing more can be asked of it; returns its last phase."""
        await self._read_row()
        while not self._view.ended:
            if self._is_due_for_renewal():
                await self._renew()
            await self._start_refunds()
            await self._phases[Phase(self._view.phase)]()
        self._refuse_the_rest()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._view.phase

    # The story, phase by phase.

    async def _awaiting_payment(self) -> None:
        """Wait for the money; without it the order closes and the slot is free again."""
        await self._hear_or(self._view.deadlines.payment_due, Move.PAYMENT_LAPSED, "payment:lapsed")

    async def _dispatching(self) -> None:
        """Offer to the best worker, or to several; when nobody is left, tell the board, and look again later."""
        view = self._view
        timer = self._first_timer()
        if view.offer_id:
            key = f"offer:{view.offer_id}:expired"
            await self._hear_or(view.deadlines.offer_due, Move.OFFER_LAPSED, key, view.offer_id)
        elif self._asks:
            await self._decide(self._asks.pop(0))
        elif timer and timer.due <= workflow.now():
            await self._make(timer)
        elif view.by_hand:
            await self._leave_it_to_the_dispatcher()
        else:
            await self._look_for_a_worker()

    async def _accepted(self) -> None:
        """Wait for him to set out; tell the board when he is late."""
        await self._hear_or(
            self._unless_told(self._view.deadlines.depart_by), Move.LATE_TO_DEPART, self._once("depart")
        )

    async def _en_route(self) -> None:
        """Wait for him to arrive; tell the board when he is late."""
        await self._hear_or(
            self._unless_told(self._view.deadlines.arrive_by), Move.LATE_TO_ARRIVE, self._once("arrive")
        )

    async def _arrived(self) -> None:
        """He is at the door: the customer's code starts the service."""
        await self._hear()

    async def _in_service(self) -> None:
        """Steps are ticked until he says it is finished."""
        await self._hear()

    async def _awaiting_confirmation(self) -> None:
        """The customer confirms, or his silence does."""
        await self._hear_or(self._view.deadlines.autoconfirm_at, Move.AUTOCONFIRM, "autoconfirm")

    async def _completed(self) -> None:
        """Settle at once, then stay open until the review window is over and no money is still to move."""
        if not self._view.settled:
            await self._move(Move.SETTLE, "settle")
        elif self._view.closable:
            await self._hear_or(self._view.deadlines.review_until, Move.CLOSE, "close")
        else:
            await self._hear()

    async def _in_exception(self) -> None:
        """Something went wrong: people decide, and the row's timers say who is asked next when nobody does."""
        await self._hear()

    async def _cancelled(self) -> None:
        """See the customer's money back, then close."""
        if self._view.open_refunds:
            await self._hear()
        else:
            await self._move(Move.CLOSE, "close")

    # What people and machines say.

    @workflow.update(name="command")
    async def command(self, message: CommandMessage) -> Outcome:
        """A person's command: queued, decided by the main loop, answered when it is decided."""
        known = self._state.recent_commands.get(str(message.command_id))
        if known:
            return known
        ask = Ask(Move(message.move), f"command:{message.command_id}", message)
        self._asks.append(ask)
        self._answering += 1
        await workflow.wait_condition(lambda: ask.outcome is not None)
        self._answering -= 1
        return ask.outcome or refusals.refused(self._state.view, "order_ended")

    @command.validator
    def _refuse_at_once(self, message: CommandMessage) -> None:
        """Refuse what is stale or against the rules: a refused click writes nothing to the history."""
        if str(message.command_id) in self._state.recent_commands:
            # Decided already, perhaps before continue-as-new: the handler has its outcome.
            return
        refusal = refusals.refusal_of(self._state.view, message, workflow.now())
        if refusal:
            raise ApplicationError(refusal.code, refusal, type=refusal.code, non_retryable=True)

    @workflow.signal
    def payment_arrived(self, payment_id: int) -> None:
        """A payment of this order was booked."""
        self._asks.append(Ask(Move.PAID, f"payment:{payment_id}:paid", reference=payment_id))

    @workflow.signal
    def tip_arrived(self, payment_id: int) -> None:
        """A tip of this order was paid."""
        self._asks.append(Ask(Move.TIPPED, f"payment:{payment_id}:tipped", reference=payment_id))

    @workflow.signal
    def refund_done(self, refund_id: int) -> None:
        """The customer has his money back."""
        self._asks.append(Ask(Move.REFUNDED, f"refund:{refund_id}:done", reference=refund_id))

    @workflow.signal
    def refund_parked(self, refund_id: int) -> None:
        """The gateway does not take the refund: people must look."""
        self._asks.append(Ask(Move.PARK, f"refund:{refund_id}:parked", reference=refund_id))

    @workflow.signal
    def look_again(self) -> None:
        """A worker came on duty: an order that had nobody need not wait for its next round."""
        self._woken = True

    @workflow.signal
    def renew(self) -> None:
        """Go on in a new run, which reads the row first. For an actor that is late; and after a deployment: once no run
        is older than a patch of the story, the patch can go.
        """
        self._renewing = True

    # How it is done.

    @property
    def _view(self) -> OrderView:
        if self._state.view is None:
            raise RuntimeError("the actor has not read its row")
        return self._state.view

    async def _read_row(self) -> None:
        self._adopt(await step(adopt_order, self._state.order_id, summary="读取订单"))

    async def _hear(self) -> None:
        """Decide the next thing that is asked, or make the move of the row's first timer, however long it takes."""
        await self._hear_or_make(self._first_timer())

    async def _hear_or(self, due: datetime | None, move: Move, key: str, reference: int | None = None) -> None:
        """As `_hear`, with the phase's own deadline: `move` is made when `due` passes before any timer."""
        await self._hear_or_make(self._first_timer(*([Timer(move.value, key, due, reference)] if due else [])))

    async def _hear_or_make(self, timer: Timer | None) -> None:
        """What was asked before wins a tie."""
        if timer is None:
            await workflow.wait_condition(lambda: bool(self._asks) or self._renewing)
        if self._asks or (timer and await self._asked_within(timer.due - workflow.now(), timer.move)):
            await self._decide(self._asks.pop(0))
        elif timer and not self._renewing:
            await self._make(timer)

    def _first_timer(self, *own: Timer) -> Timer | None:
        """The soonest of the phase's own deadline and the row's timers; of equal ones the phase's own."""
        return min([*own, *self._view.timers], key=lambda timer: timer.due, default=None)

    async def _asked_within(self, left: timedelta, summary: str, *, wake: bool = False) -> bool:
        """Whether something is asked before the time is over. `renew` ends the wait, too; with `wake`, a worker who
        comes on duty as well.
        """
        if left > timedelta(0):
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: bool(self._asks) or self._renewing or (wake and self._woken),
                    timeout=left,
                    timeout_summary=summary,
                )
        return bool(self._asks)  # also what came in the very task in which the timer fired

    async def _decide(self, ask: Ask) -> None:
        """Take the step that was asked for; when the row has moved on meanwhile, take it again on the new one."""
        message = ask.command
        outcome = refusals.if_stale(self._view, message, workflow.now()) if message else None
        if message and outcome is None and message.seen_version > self._view.version:
            await self._read_row()
        if message and outcome is None:
            outcome = self._if_grabbed(message)
        while outcome is None:
            view = self._view
            request = StepRequest(view.order_id, ask.key, ask.move.value, view.version, message, ask.reference)
            result = await self._take(request)
            outcome = None if result.conflict else result.outcome
        ask.outcome = outcome
        if message:
            self._remember(message.command_id, outcome)

    def _if_grabbed(self, message: CommandMessage) -> Outcome | None:
        lost = refusals.if_grabbed(self._view, message)
        # The patch is for actors that ran when this rule came: to be deleted after the next `renew`.
        return lost if lost and workflow.patched("a lost grab needs no step") else None

    async def _make(self, timer: Timer) -> None:
        await self._move(Move(timer.move), timer.key, timer.reference, timer.due)

    async def _move(self, move: Move, key: str, reference: int | None = None, due: datetime | None = None) -> None:
        """A move of the actor's own. After a conflict it is not repeated: the next look at the row decides anew.

        A conflict here may be a command that is still on its way to the actor and goes first; a refusal is another
        order's booking that was faster, or a fault of ours. A pause keeps it from spinning. What is asked ends the
        pause and is heard: the move may wait for just that, as an order's end does for the last money that goes back.
        """
        view = self._view
        result = await self._take(StepRequest(view.order_id, key, move.value, view.version, None, reference, due))
        if not result.conflict and not result.outcome.code:
            return
        # The patch is for actors that ran when this rule came: to be deleted after the next `renew`.
        if await self._asked_within(SHORTLY, "稍后再试") and workflow.patched("what ends a pause is heard"):
            await self._decide(self._asks.pop(0))

    async def _take(self, request: StepRequest) -> StepResult:
        result: StepResult = await step(take_step, request, summary=request.move)
        self._adopt(result.view)
        return result

    def _is_due_for_renewal(self) -> bool:
        """Idle, and told to begin a new run, or with a history that should not grow or be kept over a long wait."""
        if self._asks:
            return False
        info = workflow.info()
        length = info.get_current_history_length()
        if self._renewing or info.is_continue_as_new_suggested():
            return True
        too_long = length > LONG_HISTORY or (length > SHORT_HISTORY and self._waits_long())
        # The patch is for actors that ran when this rule came: to be deleted after the next `renew`.
        return too_long and workflow.patched("new runs of the actor's own accord")

    def _waits_long(self) -> bool:
        view, due = self._view, None
        if view.phase == Phase.ACCEPTED:
            due = self._unless_told(view.deadlines.depart_by)
        elif view.phase == Phase.COMPLETED and view.settled:
            due = view.deadlines.review_until
        return due is not None and due - workflow.now() > LONG_WAIT

    async def _renew(self) -> None:
        """Go on in a new run; not when something is asked until the last handler has answered.

        They are counted here: after `all_handlers_finished` a run must end (sdk-python #1591), and this one may go on.
        """
        await workflow.wait_condition(lambda: bool(self._asks) or self._answering == 0)
        if not self._asks:
            workflow.continue_as_new(self._state)

    async def _look_for_a_worker(self) -> None:
        self._woken = False  # before the ranking: who comes on duty while it is made is looked at again
        ranking: RankingResult = await step(rank_candidates, self._view.order_id, summary="排序候选人")
        if ranking.candidates:
            await self._move(Move.OFFER, f"ranking:{ranking.ranking_id}:offered", ranking.ranking_id)
        elif not self._view.exhausted:
            await self._say_nobody_is_there()
        else:
            await self._asked_within(self._until_next_look(), "再次派单", wake=True)

    async def _leave_it_to_the_dispatcher(self) -> None:
        """Nobody is offered this order: the board is told at once, and assigns."""
        if self._view.exhausted:
            await self._hear()
        else:
            await self._say_nobody_is_there()

    async def _say_nobody_is_there(self) -> None:
        await self._move(Move.EXHAUSTED, f"exhausted@{self._view.version}")

    def _until_next_look(self) -> timedelta:
        pause, timer = timedelta(seconds=self._view.retry_s), self._first_timer()
        return min(pause, timer.due - workflow.now()) if timer else pause

    async def _start_refunds(self) -> None:
        """Each in a workflow of its own, in whatever phase: this one goes on meanwhile."""
        for refund_id in self._view.open_refunds:
            if refund_id not in self._refunds_started:
                self._refunds_started.add(refund_id)
                await self._start_refund(refund_id)

    async def _start_refund(self, refund_id: int) -> None:
        try:
            await workflow.start_child_workflow(
                RefundWorkflow.run,
                RefundStart(refund_id, self._view.refund_quiet_s),
                id=refund_workflow_id(refund_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary="退款",
            )
        except WorkflowAlreadyStartedError:
            return  # by an earlier run of this actor

    def _adopt(self, view: OrderView) -> None:
        before, self._state.view = self._state.view, view
        if before is None or (before.phase, before.needs_ops) != (view.phase, view.needs_ops):
            workflow.upsert_search_attributes(summaries.index_of(view))
        workflow.set_current_details(summaries.summary_of(view))

    def _remember(self, command_id: int, outcome: Outcome) -> None:
        recent = self._state.recent_commands
        recent[str(command_id)] = outcome
        while len(recent) > KEPT_OUTCOMES:
            del recent[next(iter(recent))]

    def _refuse_the_rest(self) -> None:
        for ask in self._asks:
            ask.outcome = refusals.refused(self._view, "order_ended")

    def _unless_told(self, due: datetime | None) -> datetime | None:
        return None if self._view.late_told else due

    def _once(self, what: str) -> str:
        """The key of an alarm about the row as it is; that the row then says `late_told` keeps it from a second."""
        return f"late:{what}:{self._view.worker_id}:{self._view.version}"
