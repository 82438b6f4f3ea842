"""A `Tape` without any sound."""

from agents.media.tape import CannotRecord


class FakeTape:
    """A recorder that keeps a list of what it is asked for."""

    bridge = "http://127.0.0.1:7890"

    def __init__(self, fails: str = "") -> None:
        self.fails, self.done = fails, list[str]()

    async def begin(self, name: str) -> None:
        self._do("begin")

    async def end(self) -> None:
        self._do("end")

    async def files(self, name: str) -> dict[str, int]:
        return {"room.opus": 20, "peer.opus": 10}

    async def delete(self, name: str) -> None:
        self._do("delete")

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what == self.fails:
            raise CannotRecord
