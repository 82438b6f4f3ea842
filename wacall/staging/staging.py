"""A stack, a simulated Meta in this process and perhaps a simulated OpenAI: up, and down again."""

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from simulators.meta.webhooks.calls import Line
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.speech import voice
from wacall.stack.openai import start_openai
from wacall.stack.stack import Stack, StackPlan

_OPENAI_STOP_S = 5.0


class Staging:
    """An async context manager; `whatsapp` and `stack` are there within it."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        data_dir: Path,
        say: Callable[[str], None],
        with_openai: bool = True,
        scenario: Path | None = None,
    ) -> None:
        """Take what `wacall.stack.simulated` returned, and who is told; nothing runs yet.

        `with_openai`: whether OpenAI is simulated; `scenario`: what it then talks about.
        """
        self._environment, self._data_dir, self._say = environment, data_dir, say
        self._with_openai, self._scenario = with_openai, scenario
        self._undo = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            ChildFailed: a part did not get ready.
            DatabaseFailed: the local database cannot run.
        """
        try:
            await self._start()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    async def _start(self) -> None:
        own, undo, began = self._environment, self._undo, time.monotonic()
        undo.callback(voice.close)
        if self._with_openai:
            openai = await start_openai(
                environment=own,
                log=self._data_dir / "logs" / "openai.log",
                port=_port_of(own["OPENAI_BASE_URL"]),
                scenario=self._scenario,
            )
            undo.push_async_callback(openai.child.stop, grace_s=_OPENAI_STOP_S)
        self.whatsapp = await undo.enter_async_context(
            WhatsAppSimulator(
                app_secret=own["WA_APP_SECRET"],
                access_token=own["WA_ACCESS_TOKEN"],
                line=Line(phone_number_id=own["WA_PHONE_NUMBER_ID"]),
                port=_port_of(own["WA_GRAPH_BASE_URL"]),
            )
        )
        plan = StackPlan(
            environment=own, data_dir=self._data_dir, port=int(own["PORT"]), fast_database=True
        )
        self.stack = await undo.enter_async_context(Stack(plan))
        self.whatsapp.webhook_url = f"{self.stack.controlplane_url}/wa/webhook"
        self._say(f"{time.monotonic() - began:.1f} s: everything runs.")


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, "our own addresses have ports"
    return port
