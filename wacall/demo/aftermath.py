"""After the call: waits until everything has come to rest, then collects what every side knows."""

import asyncio
import contextlib
import time
import wave
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from livekit import api

from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.call.call import Call
from shared.call.errors import WacallError
from shared.call.ids import WhatsAppCallId
from shared.call.records import EventRecord
from simulators.meta.calls.business_call import OutboundCall
from simulators.openai.happening import Kind
from wacall.demo.act import PlacedCall
from wacall.demo.after_call import wait_for_after_call
from wacall.demo.dialogue import Dialogue
from wacall.demo.evidence import CallUsage, Evidence, ModelSide, PhoneSide, Recording, Utterance
from wacall.demo.running import Running

REST_S = 20.0
"""What the slowest of the parts may take for its clean-up."""
POLL_INTERVAL_S = 0.1
REQUEST_TIMEOUT_S = 5.0
# packets that come later than this after the end are counted as a breach
AFTER_END_S = 2.0
_LOUD_RMS = 200.0
_FRAME_S = 0.02
# at both edges of an utterance: what arrives is placed by its timestamps
_MARGIN_S = 0.4


async def gather(
    running: Running,
    call: PlacedCall,
    dialogue: Dialogue,
    *,
    handshake: tuple[bool, bool] = (False, False),
    happenings_before: int = 0,
    accepted_unix: float | None,
    usage: CallUsage | None,
    recording: Path,
    troubles: Sequence[str],
) -> Evidence:
    """Collect the facts about a call that has ended; of OpenAI's side only what is newer.

    Raises:
        StoreUnavailable: the database does not answer any more.
    """
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        row, leftovers = await _come_to_rest(running, call, http)
    ended = call.timings.ended or time.monotonic()
    await asyncio.sleep(max(0.0, ended + AFTER_END_S - time.monotonic()))
    after = None
    if row is not None and row.answered_at is not None:
        after = await wait_for_after_call(running, row.id)
    await call.write_recording(recording)
    is_scripted = bool(running.settings.openai_port)
    return Evidence(
        is_scripted=is_scripted,
        took_right_token=handshake[0],
        refused_wrong_token=handshake[1],
        phone=_phone_side(call, dialogue, accepted_unix),
        model=_model_side(running.happenings[happenings_before:]) if is_scripted else None,
        row=row,
        transcript=await running.store.list_transcripts(row.id) if row else (),
        lead=await running.store.get_lead(row.id) if row else None,
        after=after,
        leftovers=tuple(leftovers),
        errors=errors_of(await running.store.list_events(row.id)) if row else (),
        troubles=tuple(troubles),
        recording=await asyncio.to_thread(look_into, recording, dialogue.spoken, dialogue.heard),
        usage=usage,
        decodes=running.settings.environment.get("AGENT_MEDIA") == "worker",
    )


def errors_of(events: Sequence[EventRecord]) -> tuple[str, ...]:
    """Put the errors among a call's events into words."""
    found = []
    for event in events:
        if event.kind != "error":
            continue
        said = [event.payload.get(name) for name in ("reason", "cause", "code", "message")]
        words = ", ".join(str(one) for one in said if one)
        found.append(f"{event.source.value}: {words or 'an error without words'}")
    return tuple(found)


async def _come_to_rest(
    running: Running, call: PlacedCall, http: aiohttp.ClientSession
) -> tuple[Call | None, list[str]]:
    """Wait for every part to let go of the call; return the row, and what was not let go."""
    row: Call | None = None
    wacid = WhatsAppCallId(call.wacid)

    async def released() -> bool:
        nonlocal row
        row = await running.store.find_call(wacid)
        return row is not None and row.released_at is not None

    async def idle() -> bool:
        # protobuf's JSON leaves zeros out
        return int((await _json(http, running.worker_url)).get("active_jobs", 0)) == 0

    async def unconnected() -> bool:
        url = running.openai_counters_url
        return url is None or (await _json(http, url))["open_sessions"] == 0

    async def no_room() -> bool:
        return row is None or not await _room_exists(running, row.room)

    async def no_leg() -> bool:
        return row is None or not await _has_legs(running, row, http)

    found = []
    for is_at_rest, sentence in (
        (released, "the call's row was never released"),
        (no_room, "the room still stands at the SFU"),
        (no_leg, "the media bridge still holds the call"),
        (idle, "the worker still runs a job"),
        (unconnected, "a session is still open at OpenAI"),
    ):
        if not await _comes_true(is_at_rest):
            found.append(sentence)
    if row is not None and not row.status.is_final:
        found.append("the call is still live in the database")
    return row, found


async def _comes_true(condition: Callable[[], Awaitable[bool]]) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REST_S):
            while True:
                # a part that is down has let go of the call too, but nobody can tell
                with contextlib.suppress(aiohttp.ClientError, WacallError, api.TwirpError):
                    if await condition():
                        return True
                await asyncio.sleep(POLL_INTERVAL_S)
    return False


async def _has_legs(running: Running, call: Call, http: aiohttp.ClientSession) -> bool:
    if call.bridge is None:
        return False
    bridge = BridgeClient(
        http,
        BridgeAddress.parse(call.bridge),
        token=running.stack.environment.get("BRIDGE_TOKEN", ""),
        timeout_s=REQUEST_TIMEOUT_S,
    )
    return any(leg.startswith(call.room) for leg in await bridge.legs())


async def _json(http: aiohttp.ClientSession, url: str) -> dict[str, int]:
    async with http.get(url, raise_for_status=True) as response:
        body: dict[str, int] = await response.json(content_type=None)
        return body


async def _room_exists(running: Running, room: str) -> bool:
    own = running.stack.environment
    async with api.LiveKitAPI(
        own["LIVEKIT_URL"], own["LIVEKIT_API_KEY"], own["LIVEKIT_API_SECRET"]
    ) as livekit:
        listed = await livekit.room.list_rooms(api.ListRoomsRequest(names=[room]))
    return bool(listed.rooms)


def _phone_side(call: PlacedCall, dialogue: Dialogue, accepted_unix: float | None) -> PhoneSide:
    counts, early = call.phone.counts, call.phone.counts.early
    if isinstance(call, OutboundCall):
        # a muted agent's packets may flow while it rings
        setup_ms, early = call.timings.since_offer_ms(), counts.early_audible
    else:
        setup_ms = call.timings.since_webhook_ms()
    return PhoneSide(
        setup_ms=setup_ms,
        actions=tuple(r.action for r in call.requests if r.action and r.status == 200),
        accepted_unix=accepted_unix,
        spoken=tuple(dialogue.spoken),
        heard=tuple(dialogue.heard),
        barge_in=dialogue.barge_in,
        gave_up=dialogue.gave_up,
        ended_by=call.end.by if call.end else "",
        talk_s=call.end.duration_s if call.end else None,
        packets=counts.packets,
        lost=counts.lost,
        early=early,
        ssrcs=len(counts.ssrcs),
        violations=tuple(f"{broken.what} ({broken.rule})" for broken in call.violations),
    )


def _model_side(told: Sequence[Mapping[str, Any]]) -> ModelSide:
    def texts(kind: Kind) -> tuple[str, ...]:
        return tuple(str(one.get("text", "")) for one in told if one.get("kind") == kind)

    return ModelSide(
        heard=texts(Kind.HEARD),
        said=texts(Kind.SAYS),
        tools=tuple(
            (str(one.get("text", "")), dict(one.get("arguments", {})))
            for one in told
            if one.get("kind") == Kind.TOOL_CALLED
        ),
        tool_answers=texts(Kind.TOOL_ANSWERED),
    )


def look_into(
    path: Path, spoken: Sequence[Utterance], heard: Sequence[Utterance]
) -> Recording | None:
    """Look where there is sound on which channel; None without a readable file."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, rate = file.getnchannels(), file.getframerate()
            frames = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    except (OSError, EOFError, wave.Error):
        return None
    sound = frames.reshape(-1, channels)
    sides = []
    for channel, utterances in ((0, spoken), (min(1, channels - 1), heard)):
        size = int(rate * _FRAME_S)
        pieces = sound[: len(sound) // size * size, channel].reshape(-1, size).astype(np.float32)
        loud = np.sqrt(np.mean(np.square(pieces), axis=1)) > _LOUD_RMS
        at_s = np.arange(len(loud)) * _FRAME_S
        in_place = np.zeros(len(loud), dtype=bool)
        for utterance in utterances:
            after = at_s >= utterance.start_s - _MARGIN_S
            in_place |= after & (at_s <= utterance.end_s + _MARGIN_S)
        seconds = float(np.count_nonzero(loud)) * _FRAME_S
        fitting = float(np.count_nonzero(loud & in_place)) * _FRAME_S
        sides.append((seconds, fitting / seconds if seconds else 0.0))
    (left_s, left_in_place), (right_s, right_in_place) = sides
    return Recording(
        path=path,
        channels=channels,
        length_s=len(sound) / rate,
        left_s=left_s,
        right_s=right_s,
        left_in_place=left_in_place,
        right_in_place=right_in_place,
    )
