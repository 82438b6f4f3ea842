"""Calls through the real rtpengine to the real SFU: tones cross, keys arrive, nothing is left."""

import asyncio
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controlplane.core.errors import BadSdp, HopCallUnknown
from controlplane.core.hop import KeyPressed
from controlplane.core.liveness import MediaHistory, MediaLimits, Verdict
from controlplane.rtpengine.key_reports import KeyListener
from controlplane.rtpengine.passage import HopInterfaces
from tests.eventually import eventually
from tests.hop_servers import running_redis
from tests.integration.hop_call import HopCall
from wacall.stack.hop import EmbeddedHop, HopPlan
from wacall.stack.sfu import EmbeddedSfu

Keys = tuple[KeyListener, list[KeyPressed]]

# which says why there is no rtpengine
pytestmark = pytest.mark.usefixtures("hop")

LIMITS = MediaLimits(dead=timedelta(seconds=2), mute=timedelta(seconds=3))
LOOK_S = 0.5


@pytest.mark.parametrize("setup", ["passive", "active", "actpass"])
async def test_a_placed_call_from_dial_to_delete(
    sfu: EmbeddedSfu,
    hop: EmbeddedHop,
    keys: Keys,
    setup: str,
) -> None:
    """With each DTLS role of the phone tones cross, keys come once, delete leaves nothing."""
    async with HopCall(sfu, hop.address) as call:
        await call.prepare()
        await call.place(setup)

        await call.phone.press_keys("5#")
        pressed = await eventually(
            lambda: found if len(found := [one for one in keys[1] if one.call_id == call.id]) > 1
            else None, 3,
        )  # fmt: skip
        assert [one.key for one in pressed] == ["5", "#"]
        # the keys did not disturb the audio
        await call.until_two_way()

        assert call.id in await call.ng.list_calls()
        assert await call.ng.count_calls() >= 1
        assert await call.passage.release() is True
        assert call.id not in await call.ng.list_calls()
        assert await call.passage.release() is False
        with pytest.raises(HopCallUnknown):
            await call.ng.query(call.id)


async def test_two_networks(sfu: EmbeddedSfu, tmp_path: Path) -> None:
    """WhatsApp is told the advertised address, LiveKit the inner one, on the first offer's word."""
    plan = HopPlan(whatsapp_ip="127.0.0.2", advertised_ip="127.0.0.3")
    server = EmbeddedHop(plan=plan, log=tmp_path / "hop.log")
    await server.start()
    try:
        assert plan.interfaces is not None
        livekit, whatsapp = plan.interfaces
        names = HopInterfaces(livekit=livekit, whatsapp=whatsapp)
        async with HopCall(sfu, server.address, names) as call:
            offer = await call.passage.offer()
            assert "UDP 2130706431 127.0.0.3 " in offer
            answer = await call.phone.answer(offer, setup="passive")
            whip_offer = await call.passage.bridge(answer)
            assert "UDP 2130706431 127.0.0.1 " in whip_offer
            assert "127.0.0.3" not in whip_offer
    finally:
        await server.stop()


async def test_dead_and_mute_phones_are_told_apart(sfu: EmbeddedSfu, hop: EmbeddedHop) -> None:
    """While the phone talks all is fine; then it sends RTCP alone; then nothing at all."""
    async with HopCall(sfu, hop.address) as call:
        await call.prepare()
        await call.place()

        async def look(history: MediaHistory | None) -> MediaHistory:
            reading = await call.passage.read()
            now = datetime.now(UTC)
            return history.then(reading, now) if history else MediaHistory.begin(reading, now)

        async def watch(history: MediaHistory, seconds: float) -> list[Verdict]:
            verdicts = []
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                await asyncio.sleep(LOOK_S)
                history = await look(history)
                verdicts.append(history.verdict(LIMITS))
            return verdicts

        assert set(await watch(await look(None), 3.5)) == {Verdict.FINE}

        call.phone.mute_packets = True
        # the simulated phone reports every 2.5 s: a longer patience than that
        history = await look(None)
        patient = MediaLimits(dead=timedelta(seconds=4), mute=timedelta(seconds=3))
        async with asyncio.timeout(8):
            while (verdict := history.verdict(patient)) is Verdict.FINE:
                await asyncio.sleep(LOOK_S)
                history = await look(history)
        assert verdict is Verdict.PHONE_MUTE

        call.phone.end()
        verdicts = await watch(await look(None), 3.5)
        assert verdicts[0] is Verdict.FINE
        assert verdicts[-1] is Verdict.PHONE_DEAD


async def test_a_call_outlives_the_hop_with_redis(
    sfu: EmbeddedSfu,
    tmp_path: Path,
) -> None:
    """Killed and started again, the hop goes on with the call: same ports, same keys, one gap."""
    async with running_redis(tmp_path) as redis:
        server = EmbeddedHop(plan=HopPlan(redis=redis), log=tmp_path / "hop.log")
        await server.start()
        server.settle()
        try:
            async with HopCall(sfu, server.address) as call:
                await call.prepare()
                await call.place()
                call.phone.counts.largest_gap_s = 0.0
                server.child.signal(signal.SIGKILL)
                await server.child.wait()
                await server.start()
                assert call.id in await call.ng.list_calls()
                await call.until_two_way(deadline_s=10)
                assert 0.02 < call.phone.counts.largest_gap_s < 5
                # the caller is still the one who joined: LiveKit saw no departure
                assert not call.agent.of("left")
                assert await call.passage.release() is True
        finally:
            await server.stop()


async def test_without_redis_the_call_is_unknown_after_a_restart(
    sfu: EmbeddedSfu, tmp_path: Path
) -> None:
    """Then there is an error of its own, since the call cannot be saved."""
    server = EmbeddedHop(plan=HopPlan(), log=tmp_path / "hop.log")
    await server.start()
    server.settle()
    try:
        async with HopCall(sfu, server.address) as call:
            offer = await call.passage.offer()
            answer = await call.phone.answer(offer, setup="passive")
            server.child.signal(signal.SIGKILL)
            await server.child.wait()
            await server.start()
            with pytest.raises(HopCallUnknown):
                await call.passage.bridge(answer)
    finally:
        await server.stop()


async def test_a_useless_answer_is_refused_before_the_hop_hears_of_it(
    sfu: EmbeddedSfu, hop: EmbeddedHop
) -> None:
    """The call stays as it was, so that a proper answer may still come."""
    async with HopCall(sfu, hop.address) as call:
        offer = await call.passage.offer()
        answer = await call.phone.answer(offer, setup="passive")
        with pytest.raises(BadSdp, match="WhatsApp's answer declares 0 sources"):
            await call.passage.bridge(answer.split("a=ssrc:")[0])
        assert "a=ssrc:" in await call.passage.bridge(answer)
