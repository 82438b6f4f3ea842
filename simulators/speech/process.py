"""A child process that does speech work, so that nobody's event loop stands still.

pocketsphinx holds Python's lock while it decodes (a 20 ms loop in the same process came up to
1.8 s late), so threads are no help. The child ends when its standard input closes: it can
never outlive its owner.
"""

import asyncio
import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final

_HEAD: Final = struct.Struct("!II")
_REPOSITORY: Final = Path(__file__).resolve().parents[2]

Answer = tuple[dict[str, Any], bytes]


class SpeechFailed(Exception):
    """The speech process could not do what it was asked to."""


class SpeechProcess:
    """Runs `python -m <module>` on first use and hands it one request at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._child: subprocess.Popen[bytes] | None = None
        # one thread: requests queue up here, not in the child's pipe
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=module)
        self._closing = threading.Lock()
        atexit.register(self.close)

    @property
    def pid(self) -> int | None:
        """Process id of the running child, for those who measure it."""
        return self._child.pid if self._child else None

    async def ask(
        self, request: dict[str, Any], payload: bytes = b"", *, timeout_s: float = 60.0
    ) -> Answer:
        """Send a request and return the answer's fields and bytes.

        Raises:
            SpeechFailed: the child refused the request, died, or took longer than `timeout_s`.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                answer, data = await loop.run_in_executor(
                    self._thread, self._exchange, request, payload
                )
        except TimeoutError as error:
            self.close()  # the thread that reads the pipe now sees its end
            raise SpeechFailed(f"{self._module} gave no answer in {timeout_s:g} s") from error
        if "error" in answer:
            raise SpeechFailed(str(answer["error"]))
        return answer, data

    def close(self) -> None:
        """End the child, if there is one; a later request starts another."""
        with self._closing:
            child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # a broken pipe on its last flush: it is closed all the same

    def _exchange(self, request: dict[str, Any], payload: bytes) -> Answer:
        child = self._child
        if child is None or child.poll() is not None:
            self.close()
            child = self._child = self._start()
        if child.stdin is None or child.stdout is None:
            raise SpeechFailed(f"{self._module} was started without pipes")
        try:
            write_message(child.stdin, request, payload)
            return read_message(child.stdout)
        except (EOFError, OSError, ValueError) as error:
            raise SpeechFailed(f"{self._module} ended before it answered") from error

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # Ctrl-C in the terminal is for the owner, which then closes our input
            start_new_session=True,
        )


def write_message(pipe: IO[bytes], fields: dict[str, Any], payload: bytes) -> None:
    """Write one length-prefixed message."""
    head = json.dumps(fields).encode()
    pipe.write(_HEAD.pack(len(head), len(payload)) + head + payload)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> Answer:
    """Read one message; raises EOFError when the other side has gone."""
    head_size, payload_size = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    fields: dict[str, Any] = json.loads(_exactly(pipe, head_size))
    return fields, _exactly(pipe, payload_size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def serve(handle: Callable[[dict[str, Any], bytes], Answer]) -> None:
    """Answer requests on stdin/stdout until stdin closes; the child's main loop."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # libraries that print must not end up between our messages
    sys.stdout = sys.stderr
    while True:
        try:
            request, payload = read_message(requests)
        except EOFError:
            return
        try:
            answer, data = handle(request, payload)
        except Exception as error:
            answer, data = {"error": f"{type(error).__name__}: {error}"}, b""
        write_message(answers, answer, data)
