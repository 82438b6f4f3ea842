"""All calls of a worker whose sound goes by a media bridge: tasks of one event loop."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import aiohttp
from livekit import api

from agents.call_clips import LOOK_EACH_S, CallClips
from agents.call_lease import CallLease, KeptCall
from agents.clips.clip_room import ClipRooms
from agents.clips.maker import ClipMaker
from agents.handover import Handover
from agents.media.bridge.agent_leg import RoomAccess
from agents.media.bridge.bridge_voice import BridgeVoice
from agents.media.bridge.leg_events import LegFeeds
from agents.media.bridge.openai_calls import OpenAICalls, openai_client
from agents.media.tool import Tool
from agents.media.voice import CallObserver
from agents.metrics import AgentMetrics
from agents.models import ModelChoosers
from agents.profile_choice import ProfileChoice
from agents.reasons import turn_away
from agents.session import CallSession
from agents.settings import Settings
from agents.store_link import ConnectAgentStore, LentLink, StoreLink
from agents.supervision import Losses, remove_agent
from shared.bridge.fleet import Bridges
from shared.bridge.legs import leg_id
from shared.call.agent_lease import TakenCall
from shared.call.brief import CallBrief
from shared.call.call import EndReason
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.room import AGENT_IDENTITY, room_name
from shared.call.silence import LOOK_S
from shared.database.store import AgentStore
from shared.process.loops import Loops
from shared.process.of_call import work_for
from shared.process.tasks import Tasks
from shared.profiles.profile import Profile

_log = logging.getLogger(__name__)

# LiveKit renews it for as long as the leg is in the room
_TOKEN_LASTS = timedelta(minutes=10)
_BRIEF_WITHIN_S = 3.0


@dataclass(slots=True, kw_only=True)
class _Running:
    """One call of this process."""

    lease: CallLease
    over: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""
    session: CallSession
    voice: BridgeVoice
    is_lost: bool = False


class Calls:
    """An async context manager around what the calls of one process share."""

    def __init__(
        self,
        settings: Settings,
        connect_store: ConnectAgentStore,
        metrics: AgentMetrics | None = None,
    ) -> None:
        """Take the settings; nothing is connected yet."""
        self._settings = settings
        self.metrics = metrics or AgentMetrics()
        self.metrics.calls_are(lambda: len(self._running))
        self._profiles = ProfileChoice(settings)
        self._link: StoreLink[AgentStore] = StoreLink(connect_store, settings)
        self._handover = Handover(self._link.store, self)
        self._losses = Losses(settings, connect_store)
        self._choosers = ModelChoosers(
            base_url=settings.openai_base_url,
            api_key=settings.openai_key(),
            preferred=settings.realtime_models,
        )
        self._running: dict[CallId, _Running] = {}
        self._starting: set[CallId] = set()
        self._tasks = Tasks()
        self._loops = Loops(observe=self.metrics.loop_turned, expected=WacallError)
        self._exits = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        http = await self._exits.enter_async_context(aiohttp.ClientSession(trust_env=True))
        self._bridges = Bridges(
            http,
            self._settings.bridge_urls,
            token=self._settings.bridge_token.get_secret_value(),
            timeout_s=self._settings.bridge_timeout_s,
            observe=self.metrics.upstream_done,
        )
        self._exits.push_async_callback(self._bridges.close)
        self._feeds = LegFeeds(self._bridges)
        self._exits.push_async_callback(self._feeds.aclose)
        for address in self._bridges.addresses:
            self._feeds.listen(address)
        self._openai = openai_client(self._settings.speech())
        self._exits.push_async_callback(self._openai.close)
        # half a second of imports, which the first calls would all wait for
        _ = self._openai.realtime.calls
        self._clips = self._make_clips()
        self._loops.every(LOOK_S, self._handover.look, name="handover")
        await self._choosers.of().choose()
        self._loops.every(LOOK_EACH_S, self._clips.look, name="clips")
        self._tasks.spawn(self._clips.look())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.finish()
        await self._loops.close()
        await self._handover.close()
        await self._tasks.close()
        await self._losses.close()
        await self._exits.aclose()
        await self._link.close()

    # --- the calls ---

    def holds(self, call_id: CallId) -> bool:
        """Whether this process works on the call."""
        return call_id in self._running or call_id in self._starting

    async def run(self, brief: CallBrief) -> None:
        """Take one call from its job to its end."""
        if self.holds(brief.call_id) or self._handover.is_anothers(brief.call_id):
            _log.warning(
                "A job was left: another worker has its call already.",
                extra={"action": "job-doubled", "call": brief.call_id},
            )
            return
        try:
            profile = self._profiles.for_call(brief.profile, brief.phone_number_id)
        except ValueError as error:
            await turn_away(self._link, brief.call_id, error)
            return
        running = self._make(brief, profile, None)
        chooser = self._choosers.of(profile.models.realtime)
        await self._lead(brief.call_id, running, running.session.set_up(chooser))

    def resume(self, taken: TakenCall) -> None:
        """Go on with a call of a worker that has died."""
        self._starting.add(taken.call_id)
        self._tasks.spawn(self._resume(taken))

    def lose(self, call_id: CallId) -> None:
        """Leave a call to the worker that has it now."""
        running = self._running.get(call_id)
        if running is not None and not running.is_lost:
            running.is_lost = True
            _log.warning(
                "Another worker has taken a call of this one over.",
                extra={"action": "call-lost", "call": call_id},
            )
            running.over.set()

    async def drain(self) -> None:
        """Take no calls over any more, and return when none is left."""
        self._handover.stop_taking()
        while self._running or self._starting:
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """End what still runs: this worker stops."""
        for running in self._running.values():
            running.over.set()
        while self._running:
            await asyncio.sleep(0.05)

    async def _resume(self, taken: TakenCall) -> None:
        work_for(taken.call_id)
        try:
            kept = KeptCall.read(taken.state)
            brief = await self._find_brief(taken.call_id)
            profile = self._profiles.for_call(brief.profile, brief.phone_number_id)
        except (
            ValueError,
            WacallError,
            api.TwirpError,
            aiohttp.ClientError,
            TimeoutError,
        ) as error:
            self._starting.discard(taken.call_id)
            _log.error(
                "A call that was taken over cannot be gone on with; it is ended.",
                extra={"action": "call-unresumed", "error": type(error).__name__},
            )
            await self._losses.tell(taken.call_id)
            return
        running = self._make(brief, profile, kept)

        async def attach(instructions: str, tools: Sequence[Tool]) -> None:
            await running.voice.resume(kept.voice, instructions, tools)

        resuming = running.session.resume(kept.phase, kept.turns, attach, kept.spent_usd)
        self._starting.discard(taken.call_id)
        await self._lead(taken.call_id, running, resuming)

    def _make(self, brief: CallBrief, profile: Profile, kept: KeptCall | None) -> _Running:
        call_id = brief.call_id
        lease = CallLease(
            call_id,
            self._handover.worker,
            self._link.store,
            on_lost=functools.partial(self.lose, call_id),
            kept=kept,
        )
        voices: list[BridgeVoice] = []

        def make_voice(observer: CallObserver) -> BridgeVoice:
            voices.append(
                BridgeVoice(
                    observer,
                    room=RoomAccess(url=self._settings.livekit_url, token=self._token(call_id)),
                    leg=leg_id(call_id, AGENT_IDENTITY),
                    bridges=self._bridges,
                    events=self._feeds,
                    options=self._settings.speech(profile),
                    client=self._openai,
                    keep=lease.keep,
                    clips=self._clips.of(profile),
                    bridging=profile.spoken().bridging,
                )
            )
            return voices[0]

        session = CallSession(
            brief=brief,
            profile=profile,
            settings=self._settings,
            link=LentLink(self._link),
            make_voice=make_voice,
            leave=functools.partial(self._leave, call_id),
            writer=lease,
            show=lease.show,
            metrics=self.metrics,
        )
        running = _Running(lease=lease, session=session, voice=voices[0])
        self._running[call_id] = running
        return running

    async def _lead(
        self, call_id: CallId, running: _Running, beginning: Coroutine[Any, Any, None]
    ) -> None:
        """Begin, wait for the end, and clear up, whatever happens."""
        work_for(call_id)
        try:
            await beginning
            await running.over.wait()
        except Exception:
            _log.exception("A call has failed.", extra={"action": "call-failed", "call": call_id})
            await self._losses.tell(call_id)
        finally:
            if running.is_lost:
                await self._let_go(running)
            else:
                await running.session.finish()
            del self._running[call_id]
        if running.why == EndReason.BRIDGE_LOST:
            await self._show_loss(call_id)

    def _make_clips(self) -> CallClips:
        settings = self._settings
        secret = settings.livekit_api_secret.get_secret_value()
        return CallClips(
            settings,
            maker=ClipMaker(
                rooms=ClipRooms(settings.livekit_url, settings.livekit_api_key, secret),
                bridges=self._bridges,
                events=self._feeds,
                calls=OpenAICalls(self._openai),
                options=settings.speech(),
            ),
            profiles=self._profiles.all,
            model_of=lambda profile: self._choosers.of(profile.models.realtime).choose(),
        )

    def _leave(self, call_id: CallId, why: str) -> None:
        running = self._running.get(call_id)
        if running is not None:
            running.why = why
            running.over.set()

    async def _let_go(self, running: _Running) -> None:
        running.lease.drop()
        await running.session.let_go()
        await running.voice.let_go()

    async def _show_loss(self, call_id: CallId) -> None:
        """Take out of the room what a dead bridge has left there: LiveKit would wait 20 s."""
        try:
            await remove_agent(self._settings, call_id)
        except (api.TwirpError, aiohttp.ClientError, TimeoutError) as error:
            _log.warning(
                "Of a dead bridge LiveKit could not be told.",
                extra={
                    "action": "bridge-loss-untold",
                    "call": call_id,
                    "error": type(error).__name__,
                },
            )

    async def _find_brief(self, call_id: CallId) -> CallBrief:
        """Read the brief where LiveKit keeps it, with the dispatch.

        Raises:
            ValueError: there is none.
        """
        settings = self._settings
        async with (
            asyncio.timeout(_BRIEF_WITHIN_S),
            api.LiveKitAPI(
                settings.livekit_url,
                settings.livekit_api_key,
                settings.livekit_api_secret.get_secret_value(),
            ) as livekit,
        ):
            listed = await livekit.agent_dispatch.list_dispatch(room_name(call_id))
        for dispatch in listed:
            if dispatch.agent_name == settings.agent_name:
                return CallBrief.from_json(dispatch.metadata)
        raise ValueError("no dispatch of ours in the room")

    def _token(self, call_id: CallId) -> str:
        settings = self._settings
        grants = api.VideoGrants(
            room_join=True,
            room=room_name(call_id),
            can_publish=True,
            can_subscribe=True,
            can_publish_data=True,
            can_update_own_metadata=True,
            agent=True,
        )
        token = api.AccessToken(
            settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
        )
        return (
            token.with_identity(AGENT_IDENTITY)
            .with_kind("agent")
            .with_grants(grants)
            .with_ttl(_TOKEN_LASTS)
            .to_jwt()
        )
