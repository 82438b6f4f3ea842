"""The phone's end of the connectivity checks, and the loss that it plays."""

import asyncio

from aioice import stun

from simulators.phone.ice_lite import IceLite, Loss


class Business(asyncio.DatagramProtocol):
    """The other end of an ICE component: sends checks, keeps the answers."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.put_nowait(data)

    async def answer(self) -> stun.Message:
        """Wait for the next answer."""
        async with asyncio.timeout(2):
            return stun.parse_message(await self.answers.get())


def check(ice: IceLite, attributes: dict[str, object], *, pwd: str | None = None) -> bytes:
    """Make a connectivity check as a full, controlling agent sends it."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes = {"USERNAME": f"{ice.ufrag}:them", "PRIORITY": 1, **attributes}
    request.add_message_integrity((pwd or ice.pwd).encode())
    return bytes(request)


async def test_ice_lite_answers_only_signed_checks_and_only_after_the_answer() -> None:
    """Checks are ignored before the SDP is known or when unsigned; nomination opens the path."""
    media: list[bytes] = []
    ice = IceLite(on_media=media.append, loss=Loss())
    await ice.open(["127.0.0.1"])
    transport, business = await asyncio.get_running_loop().create_datagram_endpoint(
        Business, remote_addr=("127.0.0.1", ice.port)
    )
    try:
        controlling: dict[str, object] = {"ICE-CONTROLLING": 1}
        transport.sendto(check(ice, controlling))
        transport.sendto(b"\x80too early but media all the same")
        async with asyncio.timeout(2):
            while not media:
                await asyncio.sleep(0)
        assert (ice.checks_ignored, ice.checks_answered) == (1, 0)

        ice.expect("them")
        ice.send(b"\x80nowhere to go yet")
        transport.sendto(check(ice, controlling, pwd="wrong"))
        transport.sendto(b"\x00\x01garbage")
        transport.sendto(check(ice, controlling))
        answer = await business.answer()
        assert answer.message_class == stun.Class.RESPONSE
        assert answer.check_message_integrity(ice.pwd.encode())
        own_port = transport.get_extra_info("sockname")[1]
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("127.0.0.1", own_port)
        assert (ice.checks_ignored, ice.checks_answered) == (2, 1)
        assert not ice.nominated.is_set()

        transport.sendto(check(ice, {**controlling, "USE-CANDIDATE": None}))
        await business.answer()
        assert ice.nominated.is_set()
        ice.send(b"\x80media")
        async with asyncio.timeout(2):
            assert await business.answers.get() == b"\x80media"

        transport.sendto(check(ice, {"ICE-CONTROLLED": 1}))
        assert (await business.answer()).attributes["ERROR-CODE"][0] == 487

        ice.stop_answering()
        transport.sendto(check(ice, controlling))
        transport.sendto(b"\x80late")
        async with asyncio.timeout(2):
            while len(media) < 2:
                await asyncio.sleep(0)
        assert business.answers.empty()
    finally:
        transport.close()
        ice.close()


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
