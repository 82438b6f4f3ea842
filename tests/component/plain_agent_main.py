"""Somebody's livekit-agents program, unchanged: it has never heard of telephones, or of us.

It greets whoever is in the room with a tone, which stands for a voice.
"""

import os
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc
from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli

RATE, TONE_HZ, SECONDS = 24_000, 660, 60

server = AgentServer(
    load_fnc=lambda: 0.0, num_idle_processes=1, port=int(os.environ["HEALTH_PORT"])
)


async def tone() -> AsyncIterator[rtc.AudioFrame]:
    """Sing."""
    samples = RATE // 50
    for frame in range(SECONDS * 50):
        at = (np.arange(samples) + frame * samples) / RATE
        wave = (12_000 * np.sin(2 * np.pi * TONE_HZ * at)).astype(np.int16)
        yield rtc.AudioFrame(wave.tobytes(), RATE, 1, samples)


@server.rtc_session(agent_name=os.environ["AGENT_NAME"])
async def greet(ctx: JobContext) -> None:
    """Greet."""
    session: AgentSession[None] = AgentSession()
    await session.start(Agent(instructions="You greet."), room=ctx.room)
    session.say("A tone.", audio=tone())


if __name__ == "__main__":
    cli.run_app(server)
