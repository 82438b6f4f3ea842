"""What a story of the control plane needs: the bench, who is who, and how a call has to end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controlplane.app import ControlPlane
from shared.call.call import Call, CallStatus, EndReason
from shared.call.ids import PhoneNumberId
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.puppet import PuppetAgents
from tests.eventually import RowWaits, eventually
from wacall.stack.database import LocalSupabase

APP_SECRET = "test-app-secret"
ACCESS_TOKEN = "EAAtest-access-token"
VERIFY_TOKEN = "test-verify-token"
OPERATOR_KEY = "test-operator-key"

StartControlPlane = Callable[..., Awaitable[ControlPlane]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench(RowWaits):
    """Everything that a story needs, and the questions that it asks."""

    plane: ControlPlane
    whatsapp: WhatsAppSimulator
    agents: PuppetAgents
    store: SupabaseStore
    database: LocalSupabase

    async def until_released(self, call: SimulatedCall, deadline_s: float = 30) -> Call:
        """Wait until the call has ended and left nothing behind, and check that it has not."""
        row = await self.until(call, lambda found: found.released_at is not None, deadline_s)
        assert row.room not in await self.plane.near.rooms.rooms()
        return row

    async def outcomes(self, kind: str) -> list[str]:
        """What became of the stored events of a kind, oldest first."""
        found = await self.database.execute(
            "select coalesce(outcome, 'none') from call_events "
            f"where kind = '{kind}' order by received_at, id"
        )
        return found.split()

    async def until_settled(self, kind: str, count: int, deadline_s: float = 30) -> list[str]:
        """Wait until so many events of a kind have an outcome."""
        outcomes: list[str] = []

        async def settled() -> bool:
            outcomes[:] = await self.outcomes(kind)
            return len(outcomes) >= count and "none" not in outcomes

        await eventually(settled, deadline_s, last=lambda: f"{kind}: {outcomes}")
        return sorted(outcomes)


MakeBench = Callable[..., Awaitable[Bench]]


async def answered(bench: Bench, plan: CallPlan | None = None) -> SimulatedCall:
    """Place a call and wait until both sides hear each other."""
    call = await bench.whatsapp.call(plan)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    return call


def line_of(plane: ControlPlane) -> PhoneNumberId:
    """The only business number of a control plane."""
    (number,) = plane.near.lines.all
    return number


def ended_as(row: Call | None, status: CallStatus, reason: EndReason) -> None:
    """Check how a call ended."""
    assert row is not None
    assert (row.status, row.end_reason) == (status, reason)
    assert row.ended_at is not None


def actions(call: SimulatedCall) -> list[str]:
    """Graph actions of the call that Meta took, in order."""
    return [request.action for request in call.requests if request.status == 200]
