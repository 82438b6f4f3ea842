"""Place a call: the story of one business-initiated call until the phone is called.

    place      policy -> row `dialing` -> 202
    dial       room and agent, then the leg's offer -> Graph `connect`

What comes back of it, at whichever replica, is `linking`'s; the end comes as for every call. Once
`connect` has left for Graph nothing is repeated: the phone would ring twice.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from controlplane.core.callee import billed_number_of
from controlplane.core.caller_leg import RoomPlace
from controlplane.core.deadlines import Bounds
from controlplane.core.errors import GraphError, KeyReused
from controlplane.core.line import AgentTerms
from controlplane.meta.graph_errors import GraphNotReached, GraphUnreachable
from controlplane.use_cases.ending import CallEnder, Overtaken
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.patience import until_stored
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.setup import CallSetup, Stopwatch
from shared.call.brief import CallBrief
from shared.call.call import LIVE_STATUSES, Call, CallStatus, Direction
from shared.call.changes import Mark
from shared.call.denial import Denied, Reason
from shared.call.errors import CallDenied
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person
from shared.call.room import ShownStatus
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# The same `Idempotency-Key` for the same line is the same call id, whichever replica is asked.
_KEYS = uuid.UUID("5b1f4e62-7f0e-4c5f-9a7e-3c0d1b6a2f10")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """Who is to be called, from which number, by which agent, knowing what."""

    person: Person
    line: PhoneNumberId | None = None
    """None: the profile's, or the default one."""
    profile: str | None = None
    """None: the line's."""
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    idempotency_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCall:
    """What whoever asked for a call is told."""

    call: Call
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPolicy:
    """The settings that this story follows; times in seconds."""

    agent_ready_s: float
    bounds: Bounds
    max_calls: int = 0
    """Live calls of all lines together; 0: no ceiling."""
    usd_per_minute: Callable[[str | None], float | None] = lambda _: None
    """Meta's price of a minute with a number; None: not known."""


class CallPlacer:
    """Places outbound calls. Holds nothing of a call but the task that dials it."""

    def __init__(
        self,
        near: Neighbours,
        *,
        permissions: Permissions,
        ender: CallEnder,
        setup: CallSetup,
        leases: SetupLeases,
        tasks: Tasks,
        policy: DialPolicy,
    ) -> None:
        """Take the neighbours, the keeper of set-ups' tasks, and the policy."""
        self._store = near.store
        self._rooms = near.rooms
        self._lines = near.lines
        self._legs = near.legs
        self._permissions = permissions
        self._ender = ender
        self._setup = setup
        self._leases = leases
        self._tasks = tasks
        self._metrics = near.metrics
        self._policy = policy
        self._clock = near.clock

    # --- place ---

    async def place(self, order: CallOrder) -> PlacedCall:
        """Decide, and write the row; dialing goes on in a task of its own.

        Nothing has been sent to the person when this returns.

        Raises:
            LineUnclear: the order does not tell from which number, and several could be meant.
            KeyReused: the order's key has placed a call to somebody else.
            CallDenied: the policy says no, and when it may be tried again.
            NoBridge: there is no media bridge to place a call through.
            GraphError: the ledger is silent and Graph did not answer.
        """
        line, agent = self._lines.plan.chosen(number=order.line, profile=order.profile)
        call_id = call_id_of(line.phone_number_id, order.idempotency_key)
        earlier = await self._store.get_call(call_id) if order.idempotency_key else None
        if earlier is not None:
            return _repeated(earlier, order)
        try:
            placed = await self._claim(order, call_id, line.phone_number_id, agent)
        except CallDenied:
            # the same key at the same moment: what stands in its way is the call that it placed
            earlier = await self._store.get_call(call_id) if order.idempotency_key else None
            if earlier is None:
                raise
            return _repeated(earlier, order)
        self._tasks.spawn(self._dial(placed.call, order))
        return placed

    async def _claim(
        self, order: CallOrder, call_id: CallId, line: PhoneNumberId, agent: AgentTerms
    ) -> PlacedCall:
        allowed = await self._permissions.check(order.person, line=line, agent=agent)
        await self._check_ceiling()
        bridge = await self._legs.choose()
        now = self._clock()
        claimed = await self._store.claim_call(
            Call(
                id=call_id,
                wacid=None,
                direction=Direction.OUTBOUND,
                status=CallStatus.DIALING,
                phone_number_id=line,
                party=Party(person=order.person),
                profile=agent.profile,
                max_duration_s=agent.max_duration_s,
                meta_usd_per_minute=self._policy.usd_per_minute(billed_number_of(order.person)),
                created_at=now,
                deadline_at=now + timedelta(seconds=self._policy.bounds.setup_s),
                bridge=bridge,
                setup_owner=self._leases.owner,
                setup_until=self._leases.until(),
            )
        )
        if claimed is None:
            raise CallDenied(Denied(reason=Reason.LIVE_CALL))
        self._metrics.call_started(Direction.OUTBOUND)
        return PlacedCall(call=claimed, warnings=allowed.warnings)

    async def _check_ceiling(self) -> None:
        """Keep all lines together below MAX_CONCURRENT_CALLS; the policy sees each by itself."""
        ceiling = self._policy.max_calls
        if not ceiling or len(self._lines.all) == 1:
            return
        if len(await self._store.live_calls()) >= ceiling:
            raise CallDenied(Denied(reason=Reason.CONCURRENCY_LIMIT))

    # --- dial ---

    async def _dial(self, placed: Call, order: CallOrder) -> None:
        """Build everything up to the ringing phone; whatever fails ends the call."""
        work_for(placed.id)
        watch = Stopwatch(placed.direction, self._metrics, begins_with="placed")
        call = await self._store.mark_once(placed.id, Mark.DIALED, self._clock())
        if call is None:
            # the same key at the same moment elsewhere, or it was hung up already
            return
        try:
            async with asyncio.timeout(self._policy.bounds.setup_s):
                async with self._leases.hold(call):
                    offer = await self._prepare(call, order, watch)
                    call = await self._commit(call, watch)
                await self._connect(call, order.person, offer, watch)
        except Overtaken:
            await self._ender.close_media(call)
        except GraphError as error:
            # what Meta refuses all the same corrects the ledger
            denial = await self._permissions.refused(call, error)
            code = denial.code if denial is not None else None
            await self._setup.fail(call, watch, error, code=code)
        except Exception as error:
            await self._setup.fail(call, watch, error)

    async def _prepare(self, call: Call, order: CallOrder, watch: Stopwatch) -> str:
        """Bring the agent into the room, silent, and have a leg make the offer.

        The leg comes into the room with Meta's answer: that it shows means that somebody may pick
        up.
        """
        brief = CallBrief(
            call_id=call.id,
            direction=call.direction,
            phone_number_id=call.phone_number_id,
            profile=call.profile or "default",
            ready_within_s=self._policy.agent_ready_s,
            context=order.context,
        )
        await self._rooms.create(call, brief)
        watch.done("room")
        agent = await self._rooms.wait_for_agent(
            call.room, self._policy.agent_ready_s, whoever=True
        )
        if agent is None:
            raise await self._setup.why_agent_left(call)
        watch.done("agent")
        token = self._rooms.caller_token(call, status=ShownStatus.RINGING)
        offer = await self._legs.leg_of(call).offer(RoomPlace(token=token, hears=agent))
        watch.done("offered")
        return offer

    async def _commit(self, call: Call, watch: Stopwatch) -> Call:
        """Write that `connect` leaves, before it does.

        From here on the end needs `terminate`, it is the person whom the deadline waits for, and
        there is no set-up that another process could take over: nobody may dial again.
        """
        now = self._clock()
        return await self._setup.advance(
            call,
            {CallStatus.DIALING},
            accept_sent_at=now,
            deadline_at=now + timedelta(seconds=self._policy.bounds.ring_s),
            timings=watch.timings,
            setup_owner=None,
        )

    async def _connect(self, call: Call, person: Person, offer: str, watch: Stopwatch) -> None:
        try:
            graph = self._lines.graph_of(call.phone_number_id)
            wacid = await graph.connect(person, offer, call.id)
        except GraphNotReached:
            # Meta has not heard of the call: no phone will ring
            raise
        except GraphUnreachable as error:
            # The phone may ring all the same; then the webhook brings the call's id. Nothing else
            # is known, so nothing else is done until the ring timeout.
            await self._setup.note(call, watch, error)
            return
        watch.done("connect")
        timings = dict(watch.timings)
        row = await until_stored(
            lambda: self._store.update_call(
                call.id, expect=LIVE_STATUSES, wacid=wacid, timings=timings
            ),
            within_s=self._policy.bounds.setup_s,
        )
        if row is None:
            # hung up while `connect` was on its way: whoever ended it did not know the id
            await graph.terminate(wacid)
            raise Overtaken
        self._tasks.spawn(self._setup.describe(row, "offer", offer))
        _log.info("The phone is being called.", extra={"action": "dialed", "call": call.id})


def call_id_of(line: PhoneNumberId, key: str | None) -> CallId:
    """Return the id of the call that an order with this key places; without one a new id."""
    return CallId(str(uuid.uuid5(_KEYS, f"{line}|{key}") if key is not None else uuid.uuid4()))


def _repeated(earlier: Call, order: CallOrder) -> PlacedCall:
    person = earlier.party.person
    if person is None or person.key != order.person.key:
        raise KeyReused
    return PlacedCall(call=earlier)
