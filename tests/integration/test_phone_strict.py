"""What a lite phone's media path refuses, against a full ICE agent of other people's code."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
from aioice import Candidate, Connection
from aiortc import RTCIceTransport
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from simulators.phone.phone import Phone
from simulators.phone.sdp_lines import Lines
from tests.eventually import eventually

REFUSAL_S = 2.0
"""Long enough for the phone to do what it must not; what is allowed takes a tenth of it."""


class Carrier:
    """An aioice connection as aiortc's DTLS expects one."""

    def __init__(self, *, controlling: bool) -> None:
        self.connection = Connection(ice_controlling=controlling, components=1)
        self.role = "controlling" if controlling else "controlled"

    async def _recv(self) -> bytes:
        return await self.connection.recv()

    async def _send(self, data: bytes) -> None:
        await self.connection.send(data)


class Business:
    """Answers a phone's offer with whatever role one likes, and says what it likes about it."""

    def __init__(self, phone: Phone, *, controlling: bool = True) -> None:
        self.phone = phone
        self.carrier = Carrier(controlling=controlling)
        self.certificate = RTCCertificate.generateCertificate()
        self.dtls = RTCDtlsTransport(cast(RTCIceTransport, self.carrier), [self.certificate])

    async def connect(
        self, *, says: str = "active", is_client: bool = True, fingerprint: str | None = None
    ) -> None:
        """Answer, let ICE come up, shake hands.

        Raises:
            ConnectionError: the phone did not answer our checks, or our handshake.
        """
        offer = Lines(await self.phone.open())
        ice = self.carrier.connection
        await ice.gather_candidates()
        prints = self.certificate.getFingerprints()
        own = next(one.value for one in prints if one.algorithm == "sha-256")
        self.phone.apply_answer(
            f"a=ice-ufrag:{ice.local_username}\r\na=setup:{says}\r\n"
            f"a=fingerprint:sha-256 {fingerprint or own}\r\na=ssrc:1 cname:x\r\n"
        )
        ice.remote_username = offer.attribute("ice-ufrag")[0]
        ice.remote_password = offer.attribute("ice-pwd")[0]
        for candidate in offer.attribute("candidate"):
            await ice.add_remote_candidate(Candidate.from_sdp(candidate))
        await ice.add_remote_candidate(None)
        await ice.connect()
        _, _, theirs = offer.attribute("fingerprint")[0].partition(" ")
        self.dtls._set_role("client" if is_client else "server")
        await self.dtls.start(
            RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(algorithm="sha-256", value=theirs)])
        )

    async def close(self) -> None:
        """Go."""
        await self.dtls.stop()
        await self.carrier.connection.close()


@asynccontextmanager
async def talking(*, controlling: bool = True) -> AsyncIterator[tuple[Phone, Business]]:
    """A phone whose user talks from the first moment on, and its business."""
    phone = Phone()
    business = Business(phone, controlling=controlling)
    phone.answered()
    try:
        yield phone, business
    finally:
        await phone.close()
        await business.close()


@pytest.mark.parametrize(("says", "is_client"), [("active", True), ("passive", False)])
async def test_a_controlling_peer_that_does_what_it_says_is_heard(
    says: str, is_client: bool
) -> None:
    """Both DTLS roles work if they are those of the answer."""
    async with talking() as (phone, business):
        await asyncio.wait_for(business.connect(says=says, is_client=is_client), 10)
        await phone.wait_connected(5)
        await phone.wait_until(lambda: phone.packets_sent > 10, 5)


async def test_a_controlled_peer_gets_no_answer_and_no_media() -> None:
    """A full agent that thinks it is controlled: no 487 to learn from, so nothing comes up."""
    async with talking(controlling=False) as (phone, business):
        connecting = asyncio.create_task(business.connect())
        try:
            await eventually(lambda: phone._ice.checks_ignored >= 2, 5)
            await asyncio.sleep(REFUSAL_S)
            assert not connecting.done()
            assert phone._ice.checks_answered == 0
            assert (phone.ice_up_at, phone.packets_sent) == (None, 0)
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)


Shake = Callable[[Business], Awaitable[None]]

BROKEN_HANDSHAKES: dict[str, Shake] = {
    "says active, is server": lambda business: business.connect(is_client=False),
    "says passive, is client": lambda business: business.connect(says="passive"),
    "shows another certificate": lambda business: business.connect(
        fingerprint=":".join(["AB"] * 32)
    ),
}


@pytest.mark.parametrize("which", BROKEN_HANDSHAKES)
async def test_without_the_handshake_of_the_answer_no_media_leaves(which: str) -> None:
    """ICE is up, but not the DTLS that the answer has told of."""
    async with talking() as (phone, business):
        connecting = asyncio.ensure_future(BROKEN_HANDSHAKES[which](business))
        try:
            await phone.wait_until(lambda: phone.ice_up_at is not None, 10)
            await asyncio.sleep(REFUSAL_S)
            assert phone.dtls_up_at is None
            assert phone.packets_sent == 0
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
