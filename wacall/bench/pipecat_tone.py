"""Pipecat answers WhatsApp calls, and hums for as long as it hears packets: no model, no speech.

Runs in a virtual environment of its own, which holds Pipecat and nothing of ours.
"""

import argparse
import asyncio
import json
import math
import struct
import sys
from typing import Any

import aiohttp
from aiohttp import web
from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.transports.whatsapp.api import WhatsAppApi, WhatsAppWebhookRequest
from pipecat.transports.whatsapp.client import WhatsAppClient

_RATE = 24_000
"""What OpenAI's audio has, and Pipecat's own default."""
_HZ = 440


class Hum(FrameProcessor):
    """As much sound out as comes in."""

    def __init__(self) -> None:
        super().__init__()
        wave = [int(8000 * math.sin(2 * math.pi * _HZ * at / _RATE)) for at in range(_RATE)]
        self._second = struct.pack(f"<{_RATE}h", *wave) * 2
        self._at = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a frame of sound with one of the same length; hand on all others."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, InputAudioRawFrame):
            await self.push_frame(frame, direction)
            return
        samples = frame.num_frames * _RATE // frame.sample_rate
        sound = self._second[2 * self._at : 2 * (self._at + samples)]
        self._at = (self._at + samples) % _RATE
        await self.push_frame(
            OutputAudioRawFrame(audio=sound, sample_rate=_RATE, num_channels=1), direction
        )


async def serve(options: argparse.Namespace) -> None:
    """Take webhooks until somebody ends us."""
    # the library's only setting for it is this constant
    WhatsAppApi.BASE_URL = f"{options.graph_url}/v23.0/"
    talks: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession() as http:
        client = WhatsAppClient(
            whatsapp_token=options.token,
            phone_number_id=options.phone_number_id,
            session=http,
            # none: the default asks a foreign STUN server
            ice_servers=[],
            whatsapp_secret=options.secret,
        )

        async def talk(connection: Any, call: Any) -> None:
            running = asyncio.create_task(run_call(connection))
            talks.add(running)
            running.add_done_callback(talks.discard)

        async def webhook(request: web.Request) -> web.Response:
            body = await request.read()
            signature = request.headers.get("X-Hub-Signature-256")
            told = WhatsAppWebhookRequest.model_validate_json(body)
            await client.handle_webhook_request(told, talk, body, signature)
            return web.Response()

        app = web.Application()
        app.router.add_post("/wa/webhook", webhook)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        print(json.dumps({"kind": "ready", "url": f"http://127.0.0.1:{port}"}), flush=True)
        await asyncio.Event().wait()


async def run_call(connection: Any) -> None:
    """Hum to one caller until they are gone."""
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    transport = SmallWebRTCTransport(webrtc_connection=connection, params=params)
    pipeline = Pipeline([transport.input(), Hum(), transport.output()])
    task = PipelineTask(pipeline, params=PipelineParams(audio_out_sample_rate=_RATE))

    async def gone(*_: Any) -> None:
        await task.cancel()

    transport.add_event_handler("on_client_disconnected", gone)
    await PipelineRunner(handle_sigint=False).run(task)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--graph-url", "--token", "--phone-number-id", "--secret"):
        parser.add_argument(name, required=True)
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
