"""An agent in one room: hums from the start, and tells in JSON which tone it hears from `caller`.

A process of its own, since LiveKit's native client may abort the one that it lives in.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import numpy as np
from livekit import api, rtc

RATE = 48_000
TONE_HZ = 440
WINDOW_S = 0.2
VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


def tell(event: str, **data: Any) -> None:
    """Tell the parent."""
    sys.stdout.write(json.dumps({"event": event, "at": time.monotonic(), **data}) + "\n")
    sys.stdout.flush()


async def hum(source: rtc.AudioSource) -> None:
    """Send a tone for ever."""
    samples, at = RATE // 50, 0
    while True:
        wave = np.sin(2 * np.pi * TONE_HZ * (np.arange(samples) + at) / RATE)
        frame = rtc.AudioFrame((wave * 12000).astype(np.int16).tobytes(), RATE, 1, samples)
        await source.capture_frame(frame)
        at += samples


async def listen(track: rtc.Track) -> None:
    """Tell the loudest tone of every window that is not silent."""
    window = np.zeros(0, dtype=np.int16)
    async for event in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
        window = np.concatenate([window, np.frombuffer(event.frame.data, dtype=np.int16)])
        if len(window) < RATE * WINDOW_S:
            continue
        loud = float(np.abs(window).mean())
        if loud > 500:
            spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window))))
            tell("heard", hz=float(np.argmax(spectrum) * RATE / len(window)))
        else:
            tell("silence")
        window = np.zeros(0, dtype=np.int16)


async def main(name: str) -> None:
    """Stay until stdin closes."""
    url, key, secret = (os.environ[variable] for variable in VARIABLES)
    room = rtc.Room()
    listening: list[asyncio.Task[None]] = []
    room.on(
        "track_subscribed", lambda track, *_: listening.append(asyncio.create_task(listen(track)))
    )
    room.on("participant_disconnected", lambda who: tell("left", who=who.identity))
    grants = api.VideoGrants(room_join=True, room=name)
    token = api.AccessToken(key, secret).with_identity("agent").with_grants(grants).to_jwt()
    await room.connect(url, token)
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("agent-audio", source)
    await room.local_participant.publish_track(
        track,
        rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False),
    )
    humming = asyncio.create_task(hum(source))
    tell("ready")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    humming.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(asyncio.wait_for(main(sys.argv[1]), 600))
    finally:
        # the native threads do not survive the interpreter's own way out
        os._exit(0)
