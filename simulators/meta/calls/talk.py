"""A person with a phone: waits for the other side to finish, says the next thing, hangs up."""

from collections.abc import Callable, Sequence

from simulators.meta.calls.call import MetaCall
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm

TURN_PAUSE_MS = 900
"""Silence after which a person takes the turn."""


async def hold_conversation(
    call: MetaCall,
    turns: Sequence[tuple[Pcm, int]],
    *,
    patience_s: float = 20.0,
    on_turn: Callable[[int], None] = lambda _: None,
    stays: bool = False,
) -> None:
    """Say each turn (sound and its rate) after the other side has had its say, then hang up.

    `on_turn` is told which turn begins. Who `stays` does not hang up. A silent other side is
    waited for no longer than `patience_s`; then the caller speaks anyway.

    Raises:
        CallOver: the other side has ended the call.
    """
    for index, (pcm, rate) in enumerate(turns):
        await _listen(call, patience_s)
        on_turn(index)
        if not await call.phone.say(pcm, rate):
            raise CallOver
    if not stays:
        await _listen(call, patience_s)
        call.hang_up()


async def _listen(call: MetaCall, patience_s: float) -> None:
    try:
        await call.phone.wait_agent_speaking(patience_s)
        await call.phone.wait_agent_quiet(TURN_PAUSE_MS, patience_s)
    except TimeoutError:
        # a silent or endless talker is spoken to anyway
        return
