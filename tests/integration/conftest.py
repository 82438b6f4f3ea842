"""One call over the real bridge and SFU, for the tests of the agent's voice."""

from collections.abc import AsyncIterator

import pytest_asyncio

from simulators.openai.server import OpenAISimulator
from tests.integration.voice_call import VoiceCall, voice_call
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu


@pytest_asyncio.fixture
async def openai() -> AsyncIterator[OpenAISimulator]:
    async with OpenAISimulator() as simulator:
        yield simulator


@pytest_asyncio.fixture
async def call(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, openai: OpenAISimulator
) -> AsyncIterator[VoiceCall]:
    async with voice_call(sfu, bridge, openai) as call:
        yield call
