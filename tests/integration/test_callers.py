"""Ten scripted callers at once: the real worker, SFU, bridge and database, and what is left.

No word has to be recognised: what a caller says reaches the simulated model as OpenAI's own events
tell of speech.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml
from livekit import api

from agents.after_calls import work_after_calls
from agents.calls import Calls
from agents.profile_choice import ProfileChoice
from agents.settings import Settings
from agents.worker import connect_supabase
from controlplane.ledger.ledger import Ledger
from shared.call.brief import CallBrief
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.room import ATTRIBUTE_CALL_STATUS, CALLER_IDENTITY, room_name
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from simulators.callers.judge import judge
from simulators.callers.playing import play
from simulators.callers.script import CallerScript, load_callers, scenario_of
from simulators.openai.call import RealtimeCall
from simulators.openai.server import OpenAISimulator
from simulators.phone.phone import Phone
from tests import paths
from tests.caller import join_as_caller
from tests.eventually import eventually
from wacall.callers.picture import take_picture
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu

SHIPPED = load_callers()
# whom the business has called, and a machine has answered
MACHINE = CallerScript.model_validate(
    {
        "name": "machine",
        "about": "Is an answering machine.",
        "lines": [{"say": "Please leave a message after the tone.", "interrupts": True}],
        "ends": "agent",
        "model": [
            {
                "id": "machine",
                "hear": ["Please leave a message after the tone."],
                "call": [{"tool": "voicemailReached"}],
                "say": "Goodbye.",
            }
        ],
        "expect": {"end_reason": ["voicemail"], "outcome": ["voicemail"], "no_lead": True},
    }
)
SCRIPTS = [*SHIPPED, MACHINE]
MESSAGE = "This is Harbor Bikes. Your bike is ready."
GREETING = "Hello, this is Harbor Bikes. How can I help?"
LINE = PhoneNumberId("106540352242922")
SHOP = paths.ROOT / "agents" / "profiles"
OVER_WITHIN_S = 90.0


class Exchange:
    """What stands between callers and agents: the SFU's rooms, and the rows of the calls."""

    def __init__(
        self,
        sfu: EmbeddedSfu,
        rooms: api.LiveKitAPI,
        store: SupabaseStore,
        database: LocalSupabase,
        openai: OpenAISimulator,
        worker: Calls,
    ) -> None:
        self.sfu, self.rooms, self.openai, self.worker = sfu, rooms, openai, worker
        self.store, self.database = store, database


class WrittenCaller:
    """A caller's end of a call whose words are written."""

    def __init__(self, exchange: Exchange, number: int, direction: Direction) -> None:
        self._exchange, self._direction = exchange, direction
        self.id = CallId(str(uuid.uuid4()))
        self.person = Person(user_id=f"US.13{number}", phone=f"1555000{number:04}")
        self._phone = Phone()
        self._model: RealtimeCall | None = None
        self._replies = self._tools = 0
        self._has_hung_up = False
        self._working: asyncio.Task[None] | None = None

    @property
    def _room(self) -> str:
        return room_name(self.id)

    @property
    def model(self) -> RealtimeCall:
        assert self._model is not None
        return self._model

    async def ring(self) -> None:
        """Be answered, as the control plane answers."""
        now, call = datetime.now(UTC), self._exchange
        row = Call(
            id=self.id,
            wacid=WhatsAppCallId(f"wacid.{self.id}"),
            direction=self._direction,
            status=CallStatus.ACTIVE,
            phone_number_id=LINE,
            party=Party(person=self.person),
            created_at=now,
            answered_at=now,
        )
        assert await call.store.claim_call(row) is not None
        await call.rooms.room.create_room(api.CreateRoomRequest(name=self._room))
        brief = CallBrief(
            call_id=self.id,
            direction=self._direction,
            phone_number_id=LINE,
            ready_within_s=30,
        )
        self._working = asyncio.create_task(call.worker.run(brief))
        self._model = call.openai.calls.find(await eventually(self._openai_call))
        offer = await self._phone.open()
        self._phone.apply_answer(await join_as_caller(call.sfu, self._room, offer))
        await self._phone.wait_connected(30)
        await call.rooms.room.update_participant(
            api.UpdateParticipantRequest(
                room=self._room,
                identity=CALLER_IDENTITY,
                attributes={ATTRIBUTE_CALL_STATUS: "active"},
            )
        )
        self._phone.answered()

    async def _openai_call(self) -> str:
        found = await self._exchange.database.execute(
            "select coalesce(state->'voice'->>'openai_call', '') from agent_calls "
            f"where call_id = '{self.id}'"
        )
        return found.strip()

    async def hear_out(self) -> None:
        """Wait until the model has spoken, and the phone has heard it."""

        def is_heard() -> bool:
            has_heard = self._phone.counts.first_audible_at is not None
            has_spoken = self.model.replies > self._replies and self.model.is_quiet
            return has_spoken and has_heard and not self._phone.hears_speech

        await eventually(is_heard)

    async def hear_begin(self) -> None:
        """Wait until the model speaks."""
        await eventually(lambda: self.model.replies > self._replies)

    async def say(self, words: str) -> None:
        """Have said something."""
        self._replies, self._tools = self.model.replies, self.model.tools_called
        await self.model.hear_words(words)

    async def until_tool(self) -> None:
        """Wait until the model has called a tool."""
        await eventually(lambda: self.model.tools_called > self._tools)

    async def until_over(self) -> None:
        """Wait until the agent has left."""
        assert self._working is not None
        await asyncio.shield(self._working)

    def hang_up(self) -> None:
        """Leave."""
        self._has_hung_up = True

    async def clear(self) -> None:
        """End the call as the control plane does, and let go of everything."""
        row = await self._exchange.store.get_call(self.id)
        assert row is not None
        assert self._working is not None
        asked = None if self._has_hung_up else row.end_requested
        await self._exchange.store.end_call(
            self.id,
            termination=Termination.of(asked or EndReason.CALLER_HANGUP, answered=True),
            ended_at=datetime.now(UTC),
            answered_at=None,
            by_peer=asked is None,
        )
        self._phone.end()
        with contextlib.suppress(api.TwirpError):
            await self._exchange.rooms.room.delete_room(api.DeleteRoomRequest(room=self._room))
        await asyncio.wait_for(self._working, 30)
        await self._phone.close()


@pytest.fixture
def settings(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, database: LocalSupabase, tmp_path: Path
) -> Settings:
    """Those of a worker of the shipped shop, which has little patience with silence."""
    shop = yaml.safe_load((SHOP / "default.yaml").read_text("utf-8"))
    shop |= {"greeting": GREETING, "silence": {"ask_after_s": 4, "end_after_s": 4}}
    shop |= {"voicemail": MESSAGE}
    (tmp_path / "default.yaml").write_text(yaml.safe_dump(shop), "utf-8")
    (tmp_path / "default.md").write_text((SHOP / "default.md").read_text("utf-8"), "utf-8")
    return Settings.from_env(
        {
            "LIVEKIT_URL": sfu.url,
            "LIVEKIT_API_KEY": sfu.keys.key,
            "LIVEKIT_API_SECRET": sfu.keys.secret,
            "SUPABASE_URL": database.url,
            "SUPABASE_SECRET_KEY": database.secret_key,
            "BRIDGE_URL": bridge.url,
            "BRIDGE_TOKEN": bridge.token,
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "AGENT_CONNECT_TIMEOUT_S": "30",
            "PROFILES_DIR": str(tmp_path),
            "CLIPS_DIR": "none",
        }
    )


@pytest_asyncio.fixture
async def openai() -> AsyncIterator[OpenAISimulator]:
    """One model that knows what all callers say."""
    scenario = scenario_of(SCRIPTS, greeting=GREETING, today=datetime.now(UTC).date())
    async with OpenAISimulator(scenario=scenario) as simulator:
        yield simulator


async def talk(script: CallerScript, caller: WrittenCaller) -> None:
    """Hold one call, from its beginning to its end."""
    await caller.ring()
    try:
        async with asyncio.timeout(OVER_WITHIN_S):
            await play(script, caller)
    finally:
        await caller.clear()


@pytest.mark.spoken  # not in words, but ten phones at once want a processor
@pytest.mark.timeout(240)
async def test_of_ten_callers_the_database_holds_what_each_came_for(
    sfu: EmbeddedSfu,
    store: SupabaseStore,
    database: LocalSupabase,
    openai: OpenAISimulator,
    settings: Settings,
) -> None:
    """Clear and hesitant ones, rude and silent ones: leads, follow-ups, ends, all by real tools.

    And on a machine that has answered a call of the business lies the profile's one message.
    """
    settings = settings.model_copy(update={"openai_base_url": openai.base_url})
    async with (
        aiohttp.ClientSession() as http,
        api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret, session=http) as rooms,
        Calls(settings, connect_supabase) as worker,
    ):
        exchange = Exchange(sfu, rooms, store, database, openai, worker)
        callers = [
            WrittenCaller(
                exchange,
                number,
                Direction.OUTBOUND if script is MACHINE else Direction.INBOUND,
            )
            for number, script in enumerate(SCRIPTS)
        ]
        async with asyncio.TaskGroup() as group:
            for script, caller in zip(SCRIPTS, callers, strict=True):
                group.create_task(talk(script, caller))

    async with work_after_calls(settings, ProfileChoice(settings), look_s=3600) as after:

        async def is_read() -> bool:
            await after.look()
            await after.idle()
            left = await database.execute("select count(*) from call_jobs where status = 'open'")
            return left.strip() == "0"

        await eventually(is_read)

    wrong = []
    rest = await RestClient.connect(database.url, database.secret_key)
    async with contextlib.AsyncExitStack() as undo:
        undo.push_async_callback(rest.close)
        for script, caller in zip(SCRIPTS, callers, strict=True):
            picture = await take_picture(store, Ledger(rest), caller.id)
            findings = judge(script.expect, picture)
            wrong += [(script.name, one) for one in findings if not one.holds]
    assert not wrong, "\n".join(f"{name}: {one}" for name, one in wrong)
    left = await store.list_transcripts(callers[-1].id)
    assert [turn.text for turn in left if turn.text == MESSAGE] == [MESSAGE]
    read = await database.execute(
        "select count(*) filter (where status = 'done'), count(*) from call_jobs"
    )
    assert read.strip() == f"{len(SCRIPTS)}|{len(SCRIPTS)}"
