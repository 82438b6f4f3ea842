"""What runs while the demo's calls are held, and who is told of what happens there."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.speech.voice import Samples
from wacall.demo.settings import DemoSettings
from wacall.environment import LOOPBACK
from wacall.stack.processes import Child
from wacall.stack.stack import Stack

if TYPE_CHECKING:
    from controlplane.ledger.ledger import Ledger
    from shared.database.supabase import SupabaseStore
    from simulators.meta.calls.business_call import OutboundCall
    from simulators.meta.calls.user_call import SimulatedCall
    from simulators.meta.people.person import Person
    from simulators.meta.whatsapp import WhatsAppSimulator


@dataclass(slots=True)
class Audience:
    """Who is told of what happens on the stage."""

    on_call: "Callable[[SimulatedCall, str], None]" = lambda *_: None
    """Events of the simulated phone and of the simulated Meta."""
    on_callback: "Callable[[OutboundCall, str], None]" = lambda *_: None
    """The same of a phone that the business calls."""
    on_model: Callable[[Mapping[str, Any]], None] = lambda _: None
    """Happenings of the simulated OpenAI."""
    on_log: Callable[[str, str], None] = lambda *_: None
    """Lines of the stack's logs, with the name of the part."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Running:
    """Everything that a call needs."""

    settings: DemoSettings
    audience: Audience
    stack: Stack
    openai: Child | None
    """OpenAI's stand-in; None: it is another OpenAI."""
    happenings: Sequence[Mapping[str, Any]]
    """What the stand-in has told so far, oldest first."""
    whatsapp: "WhatsAppSimulator"
    """The simulated Meta."""
    person: "Person"
    """Who calls the business, and is called back."""
    store: "SupabaseStore"
    """The stack's database."""
    ledger: "Ledger"
    """The consents in it."""
    voices: Sequence[tuple[Samples, int]]
    """The caller's lines as sound, with their rates."""
    callback_voices: Sequence[tuple[Samples, int]]
    """The called person's."""
    started_s: float
    """How long it took until everything ran."""

    @property
    def worker_url(self) -> str:
        """The worker's own page, which counts its jobs."""
        return f"http://{LOOPBACK}:{self.settings.worker_port}/worker"

    @property
    def openai_counters_url(self) -> str | None:
        """Where OpenAI's stand-in counts its sessions; None: it is another OpenAI."""
        port = self.settings.openai_port
        return f"http://{LOOPBACK}:{port}/sim/counters" if port else None

    async def openai_died(self) -> Exception:
        """Return when OpenAI's stand-in has ended, with the reason."""
        if self.openai is None:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")
        return await self.openai.obituary()
