"""The work after each call, put together: settings, profiles and tools; see `agents.after_call`."""

import contextlib
import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

import openai

from agents.after_call.clerk import Function
from agents.after_call.conversation import Bounds, Conversations
from agents.after_call.failure import Failure
from agents.after_call.jobs import LOOK_S, AfterCalls
from agents.after_call.material import Business, Material
from agents.after_call.reading import Desk, Reader
from agents.after_call.staging import StagedNotes
from agents.media.tool import Tool
from agents.profile_choice import ProfileChoice
from agents.settings import Settings
from agents.store_link import StoreLink
from agents.tools.desk import Desk as ToolDesk
from agents.tools.toolbox import desk_tools, offered
from shared.call.call import Call
from shared.call.errors import WacallError
from shared.database.after_call_store import AfterCallStore
from shared.database.store import CallNotes
from shared.database.supabase import SupabaseStore
from shared.process.loops import Loops, ObserveTurn
from shared.process.observing import ObserveRequest
from shared.profiles.profile import Profile

_TOOLS = frozenset({"upsertLead", "scheduleFollowUp", "doNotCall"})
"""What can be done for somebody who is not there any more; the outcome is part of the answer."""

ConnectAfterCallStore = Callable[[Settings], Awaitable[AfterCallStore]]


async def connect_after_call_store(
    settings: Settings, observe: ObserveRequest = lambda *_: None
) -> AfterCallStore:
    """Connect the database that the settings name."""
    return await SupabaseStore.connect(
        settings.supabase_url, settings.supabase_secret_key.get_secret_value(), observe=observe
    )


@contextlib.asynccontextmanager
async def work_after_calls(
    settings: Settings,
    profiles: ProfileChoice,
    connect: ConnectAfterCallStore = connect_after_call_store,
    *,
    look_s: float = LOOK_S,
    observe: ObserveTurn = lambda *_: None,
    asked: ObserveRequest = lambda *_: None,
) -> AsyncIterator[AfterCalls]:
    """Look for jobs, and do them, for as long as the context is open.

    `asked` is told of what is asked of OpenAI.
    """
    link: StoreLink[AfterCallStore] = StoreLink(connect, settings)
    bounds = Bounds()
    async with contextlib.AsyncExitStack() as exits:
        exits.push_async_callback(link.close)
        client = await exits.enter_async_context(
            openai.AsyncOpenAI(
                api_key=settings.openai_key(),
                base_url=settings.openai_base_url,
                timeout=bounds.seconds,
                # an attempt that fails is one of the job's
                max_retries=0,
            )
        )
        work = AfterCalls(
            link.store,
            Reader(
                Conversations(client, bounds, observe=asked),
                lambda call: desk_of(call, settings, profiles),
                identify=lambda call: identified(call, settings),
            ),
            worker=str(uuid.uuid4()),
        )
        exits.push_async_callback(work.close)
        loops = Loops(observe=observe, expected=WacallError)
        exits.push_async_callback(loops.close)
        loops.every(look_s, work.look, name="after-call")
        yield work


def desk_of(call: Call, settings: Settings, profiles: ProfileChoice) -> Desk | None:
    """Say how a call is read; `None`: its business does not want it.

    Raises:
        Failure: its profile cannot be used.
    """
    try:
        profile = profiles.for_call(call.profile or "", call.phone_number_id)
    except ValueError:
        raise Failure("profile-unusable") from None
    if not profile.after_call:
        return None
    return Desk(
        business=Business(
            name=profile.business,
            purpose=profile.purpose,
            outcomes=profile.outcomes,
            zone=profile.zone,
            facts=profile.instructions,
        ),
        models=profile.models.responses or settings.responses_models,
        functions=lambda material, notes: functions_of(material, notes, profile),
    )


def functions_of(material: Material, notes: StagedNotes, profile: Profile) -> list[Function]:
    """Make those tools of the call that the work after it has, on notes of its own."""

    async def store() -> CallNotes:
        # these tools write a lead, a follow-up, a do-not-call, and nothing else
        return cast(CallNotes, notes)

    desk = ToolDesk(
        call_id=material.call.id,
        store=store,
        profile=profile,
        clock=lambda: datetime.now(UTC),
        source="workflow",
    )
    made = {tool.name: tool for tool in desk_tools(desk) if tool.name in _TOOLS}
    return [_function(tool) for tool in offered(made, profile)]


def _function(tool: Tool) -> Function:
    return Function(
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters,
        run=lambda given: tool.run(given, _Over()),
    )


class _Over:
    """The turn of a model that speaks with nobody."""

    call_id = ""
    reply = None
    has_words = False
    was_cut = False

    async def heard(self) -> None:
        """Wait for nothing."""

    def hush(self) -> None:
        """Be silent already."""

    def fill(self, instructions: str) -> None:
        """Say nothing."""


def identified(call: Call, settings: Settings) -> str:
    """Make an id of a call's person for OpenAI: the same in each call, and nothing can be read.

    Hashes of phone numbers can be guessed, so it is one with a key.
    """
    person = call.party.person
    name = (person.user_id or person.phone) if person is not None else None
    key = settings.livekit_api_secret.get_secret_value().encode()
    return hmac.new(key, (name or call.id).encode(), hashlib.sha256).hexdigest()
