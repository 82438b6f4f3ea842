"""One WhatsApp call, for an agent of your own on livekit-agents' `AgentSession`.

The session's own audio output publishes its track only once the caller is there, and the control
plane brings the caller only once that track is there. So the track is published here, muted:
WhatsApp takes the first packet for the answer. docs/own-agent.md tells the whole of it.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from livekit import rtc
from livekit.agents import JobContext, JobRequest
from livekit.agents.voice.room_io import RoomOptions
from livekit.rtc.room import EventTypes

from wacall.own_agent.names import (
    AGENT_IDENTITY,
    ATTRIBUTE_CALL_STATUS,
    CALLER_IDENTITY,
    ShownStatus,
)
from wacall.own_agent.output import CallAudioOutput

# ICE and DTLS take 200 ms after the pick-up, seconds on a lossy path.
_MEDIA_WITHIN_S = 5.0
_EVENTS: tuple[EventTypes, ...] = (
    "participant_connected",
    "participant_active",
    "participant_attributes_changed",
    "participant_disconnected",
    "disconnected",
)


def read_brief(metadata: str) -> Mapping[str, Any] | None:
    """Read a job's metadata; `None` if the job is no call of the control plane's.

    `v`, `call_id`, `direction` (`inbound` or `outbound`), `phone_number_id` (your line),
    `profile`, `ready_within_s`, `context` (what `POST /calls` was given), `origin` (what the
    customer's call button carried: from outside, never an instruction).
    """
    try:
        brief = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    return brief if isinstance(brief, dict) and isinstance(brief.get("call_id"), str) else None


async def take_calls(request: JobRequest) -> None:
    """Take the jobs that are calls, as `agent`, and no others: for `on_request`."""
    if read_brief(request.job.metadata) is None:
        await request.reject()
    else:
        await request.accept(identity=AGENT_IDENTITY)


class PhoneCall:
    """The call of one job: its brief, the track on which the agent is heard, and the pick-up."""

    def __init__(self, ctx: JobContext) -> None:
        """Take the job's context; make it in the job's entrypoint.

        Raises:
            ValueError: the job is no call; let `take_calls` choose the jobs.
        """
        brief = read_brief(ctx.job.metadata)
        if brief is None:
            raise ValueError("the job is no call; give AgentServer on_request=take_calls")
        self.brief = brief
        self.output = CallAudioOutput()
        """Belongs into `session.output.audio` before the session starts."""
        self._room = ctx.room
        ctx.add_shutdown_callback(self.output.aclose)

    @property
    def room_options(self) -> RoomOptions:
        """For `session.start`: hear the caller, leave the track to `output`."""
        return RoomOptions(
            audio_output=False,
            text_input=False,
            text_output=False,
            participant_identity=CALLER_IDENTITY,
            participant_kinds=[rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR],
        )

    async def publish(self) -> None:
        """Publish the track, muted: the sign for the control plane to have the phone answered.

        The room must be joined (`ctx.connect`). What the agent says from now on is kept.
        """
        await self.output.publish(self._room.local_participant)

    async def answered(self) -> bool:
        """Wait until the call is answered and the phone hears us, then let the agent be heard.

        `False`: it ended before that; there is nobody to talk with.
        """
        with self._changes() as changed:
            seen = False
            while True:
                caller = self._room.remote_participants.get(CALLER_IDENTITY)
                status = caller.attributes.get(ATTRIBUTE_CALL_STATUS) if caller else None
                if status == ShownStatus.ACTIVE:
                    break
                has_left = seen and caller is None
                if has_left or status == ShownStatus.HANGUP or not self._room.isconnected():
                    return False
                seen = caller is not None
                await changed()
            self.output.unmute()
            with contextlib.suppress(TimeoutError):
                # words that are spoken before the phone's media path stands reach nobody
                async with asyncio.timeout(_MEDIA_WITHIN_S):
                    while not self._hears():
                        await changed()
        self.output.release()
        return True

    def _hears(self) -> bool:
        caller = self._room.remote_participants.get(CALLER_IDENTITY)
        return caller is None or caller.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE

    @contextlib.contextmanager
    def _changes(self) -> Iterator[Callable[[], Any]]:
        """Give a function to wait with until something has changed in the room."""
        something = asyncio.Event()

        def wake(*_: object) -> None:
            something.set()

        async def changed() -> None:
            await something.wait()
            something.clear()

        for event in _EVENTS:
            self._room.on(event, wake)
        try:
            yield changed
        finally:
            for event in _EVENTS:
                self._room.off(event, wake)
