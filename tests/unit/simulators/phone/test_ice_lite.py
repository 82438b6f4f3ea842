"""The phone's end of the connectivity checks, and the loss that it plays."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aioice import stun

from simulators.phone.ice_lite import IceLite, Loss

CONTROLLING: dict[str, object] = {"PRIORITY": 1, "ICE-CONTROLLING": 1}
NOMINATING: dict[str, object] = {**CONTROLLING, "USE-CANDIDATE": None}


class Business(asyncio.DatagramProtocol):
    """The other end of an ICE component: sends checks, keeps what comes."""

    def __init__(self, ice: IceLite) -> None:
        self.ice = ice
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Take a port."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, remote_addr=("127.0.0.1", self.ice.port)
        )

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.came.put_nowait(data)

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data)

    async def next(self) -> bytes:
        """Wait for what comes next."""
        async with asyncio.timeout(2):
            return await self.came.get()

    async def is_answered(self, check: bytes) -> bool:
        """Whether a check is answered, before a good one that follows it."""
        good = make_check(self.ice, CONTROLLING)
        self.send(check)
        self.send(good)
        answer = stun.parse_message(await self.next())
        return answer.transaction_id != stun.parse_message(good).transaction_id

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def make_check(
    ice: IceLite,
    attributes: dict[str, object],
    *,
    username: str | None = None,
    pwd: str | None = None,
    signed: bool = True,
    with_fingerprint: bool = True,
) -> bytes:
    """Make a connectivity check."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes = {"USERNAME": username or f"{ice.ufrag}:them", **attributes}
    if signed:
        request.add_message_integrity((pwd or ice.pwd).encode())
    else:
        request.add_fingerprint()
    if not with_fingerprint:
        del request.attributes["FINGERPRINT"]
    return bytes(request)


@pytest.fixture
async def media() -> list[bytes]:
    return []


@pytest.fixture
async def ice(media: list[bytes]) -> AsyncIterator[IceLite]:
    ice = IceLite(on_media=media.append, loss=Loss())
    await ice.open(["127.0.0.1"])
    yield ice
    ice.close()


@pytest.fixture
async def business(ice: IceLite) -> AsyncIterator[Business]:
    business = Business(ice)
    await business.open()
    yield business
    business.close()


async def test_a_whole_check_of_a_controlling_peer_is_answered(
    ice: IceLite, business: Business
) -> None:
    """The answer is signed, has a fingerprint, and tells where the check came from."""
    ice.expect("them")
    business.send(make_check(ice, CONTROLLING))
    answer = stun.parse_message(await business.next())
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.check_message_integrity(ice.pwd.encode())
    assert "FINGERPRINT" in answer.attributes
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("127.0.0.1", business.port)
    assert (ice.checks_ignored, ice.checks_answered) == (0, 1)
    assert not ice.nominated.is_set()


REFUSED: dict[str, Callable[[IceLite], bytes]] = {
    "controlled": lambda ice: make_check(ice, {"PRIORITY": 1, "ICE-CONTROLLED": 0}),
    "controlled and nominating": lambda ice: make_check(
        ice, {"PRIORITY": 1, "ICE-CONTROLLED": 2**64 - 1, "USE-CANDIDATE": None}
    ),
    "of both roles": lambda ice: make_check(ice, {**CONTROLLING, "ICE-CONTROLLED": 1}),
    "without a role": lambda ice: make_check(ice, {"PRIORITY": 1}),
    "without a priority": lambda ice: make_check(ice, {"ICE-CONTROLLING": 1}),
    "without a fingerprint": lambda ice: make_check(ice, CONTROLLING, with_fingerprint=False),
    "unsigned": lambda ice: make_check(ice, CONTROLLING, signed=False),
    "signed with another password": lambda ice: make_check(ice, CONTROLLING, pwd="wrong"),
    "for another agent": lambda ice: make_check(ice, CONTROLLING, username="somebody:them"),
    "of another agent": lambda ice: make_check(ice, CONTROLLING, username=f"{ice.ufrag}:other"),
    "with the names swapped": lambda ice: make_check(
        ice, CONTROLLING, username=f"them:{ice.ufrag}"
    ),
}


@pytest.mark.parametrize("which", REFUSED)
async def test_other_checks_are_not_answered_and_nominate_nobody(
    ice: IceLite, business: Business, which: str
) -> None:
    """Not with 487 either: a lite agent keeps its role, and has nothing to say."""
    ice.expect("them")
    assert not await business.is_answered(REFUSED[which](ice))
    assert ice.checks_ignored == 1
    assert not ice.nominated.is_set()


async def test_no_check_is_answered_before_the_business_is_known(
    ice: IceLite, business: Business
) -> None:
    """What came before the SDP is not answered later; garbage never is."""
    early = make_check(ice, NOMINATING)
    business.send(early)
    business.send(b"\x00\x01garbage")
    async with asyncio.timeout(2):
        while not ice.checks_ignored:
            await asyncio.sleep(0)
    ice.expect("them")
    assert not await business.is_answered(b"\x00\x01garbage")
    assert not ice.nominated.is_set()


async def test_nothing_is_sent_before_a_nomination(ice: IceLite, business: Business) -> None:
    """A check alone opens no path; USE-CANDIDATE does, and media goes where it came from."""
    ice.expect("them")
    business.send(make_check(ice, CONTROLLING))
    await business.next()
    ice.send(b"\x80nowhere to go yet")
    business.send(make_check(ice, NOMINATING))
    assert stun.parse_message(await business.next()).message_class == stun.Class.RESPONSE
    assert ice.peer == ("127.0.0.1", business.port)
    ice.send(b"\x80media")
    assert await business.next() == b"\x80media"


async def test_media_is_taken_only_from_where_a_check_came(
    ice: IceLite, business: Business, media: list[bytes]
) -> None:
    """Packets of an address without a check are strays; afterwards they are heard."""
    ice.expect("them")
    business.send(b"\x80stray")
    business.send(b"\x16stray handshake")
    business.send(make_check(ice, CONTROLLING))
    await business.next()
    business.send(b"\x80media")
    async with asyncio.timeout(2):
        while not media:
            await asyncio.sleep(0)
    assert media == [b"\x80media"]
    assert ice.strays == 2


async def test_an_ended_phone_hears_but_answers_nothing(
    ice: IceLite, business: Business, media: list[bytes]
) -> None:
    """Who still sends is seen; no check is answered any more."""
    ice.expect("them")
    business.send(make_check(ice, NOMINATING))
    await business.next()
    ice.stop_answering()
    business.send(make_check(ice, CONTROLLING))
    business.send(b"\x80late")
    async with asyncio.timeout(2):
        while not media:
            await asyncio.sleep(0)
    assert business.came.empty()


async def test_loss_is_reproducible() -> None:
    """The same seed loses the same datagrams; all of them at a share of 1."""
    media: list[bytes] = []
    ice = IceLite(on_media=media.append, loss=Loss(inbound=0.5, seed=3))
    again = IceLite(on_media=media.append, loss=Loss(inbound=0.5, seed=3))
    first = [ice._lost(0.5) for _ in range(200)]
    assert first == [again._lost(0.5) for _ in range(200)]
    assert 60 < sum(first) < 140
    assert ice._lost(1.0)
    assert not ice._lost(0.0)
