"""Keys that the customer presses, told to the model as text: it does not hear them.

The control plane sends each as a data message. Those that follow each other quickly, as in an order
number, are one message to the model.
"""

import asyncio
from collections.abc import Callable

PAUSE_S = 1.5
# more than any number has; what goes on for ever is told in parts
_MAX_KEYS = 32


def sentence_about(keys: str) -> str:
    """Say to the model which keys were pressed."""
    if len(keys) == 1:
        return f"[The customer pressed the key {keys}.]"
    return f"[The customer pressed the keys {' '.join(keys)}.]"


class Keypad:
    """Gathers the keys of one call."""

    def __init__(self, on_keys: Callable[[str], None], *, pause_s: float = PAUSE_S) -> None:
        """Take who is told the sentence, `pause_s` seconds after the last key."""
        self._on_keys = on_keys
        self._pause_s = pause_s
        self._keys = ""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether keys were pressed that nobody was told of yet."""
        return self._timer is not None

    def take(self, key: str) -> None:
        """Take one of `room.KEYS`."""
        self._keys += key
        self.close()
        if len(self._keys) >= _MAX_KEYS:
            self._tell()
        else:
            self._timer = asyncio.get_running_loop().call_later(self._pause_s, self._tell)

    def close(self) -> None:
        """Tell nothing any more, unless another key comes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self.close()
        keys, self._keys = self._keys, ""
        self._on_keys(sentence_about(keys))
