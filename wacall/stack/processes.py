"""Child processes, supervised from asyncio: start, wait until ready, stop, notice deaths.

A child never outlives its parent: the kernel kills it when the parent is gone, however it went.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from wacall.environment import append_private, private_folder
from wacall.stack.log_file import turn_over

TAIL_LINES = 20
# more wait for a processor than run
_BUSY_LOAD = 2.0
POLL_INTERVAL_S = 0.05
# how long the rest of a dead child's output may take to reach us; a grandchild may hold the pipe
OUTPUT_GRACE_S = 1.0
# how often the log of a running child is looked at
_LOG_LOOK_S = 10.0

Echo = Callable[[str, str], None]
"""Takes a child's name and one line of its output."""

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
# loaded before any fork: between fork and exec nothing may be imported
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildFailed(Exception):
    """A child did not start, did not get ready or died; the text ends with its last lines."""

    def __init__(self, sentence: str, tail: str = "", returncode: int | None = None) -> None:
        super().__init__(f"{sentence}\n{tail}".rstrip())
        self.sentence = sentence
        self.tail = tail
        self.returncode = returncode


def _die_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, number)
            # the parent may have died before the line above: then no signal will come
            if os.getppid() != parent:
                os._exit(1)

    return arrange


class Child:
    """One running process in a process group of its own, with its log."""

    def __init__(
        self,
        name: str,
        log: Path,
        echo: Echo | None,
        end_signal: signal.Signals,
        clean: Callable[[str], str] | None = None,
    ) -> None:
        self._clean = clean
        self.name = name
        self.log = log
        self._echo = echo
        self._end_signal = end_signal
        self._log_start = 0
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None
        self._bounding: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log: Path,
        echo: Echo | None = None,
        cwd: Path | None = None,
        end_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals = signal.SIGKILL,
        answers: bool = False,
        clean: Callable[[str], str] | None = None,
    ) -> Self:
        """Start a process; its output goes to `log` and, line by line, to `echo`.

        Its own process group keeps a Ctrl-C at the terminal away from it: whoever started it
        decides in which order things stop. Call this from the main thread, since the kernel
        watches the thread that forked.

        `end_signal` is how it is asked to end, `orphan_signal` what the kernel sends it when we
        are gone (prctl(2), PR_SET_PDEATHSIG). One that `answers` has pipes for `ask` at its stdin
        and stdout; then only its stderr is logged, and nothing is echoed. What it writes, and its
        log, only we can read. `clean` takes out of each line what shall be in no log.

        Raises:
            ChildFailed: the program cannot be started.
        """
        child = cls(name, log, echo, end_signal, clean)
        private_folder(log.parent)
        turn_over(log)
        with append_private(log) as sink:
            child._log_start = sink.seek(0, os.SEEK_END)
            try:
                child._process = await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=asyncio.subprocess.PIPE if answers else asyncio.subprocess.DEVNULL,
                    # without an audience the kernel writes the log, at no cost to us
                    stdout=asyncio.subprocess.PIPE if answers or echo or clean else sink,
                    stderr=sink if answers else asyncio.subprocess.STDOUT,
                    env=dict(env),
                    cwd=cwd,
                    process_group=0,
                    umask=0o077,
                    preexec_fn=_die_with(os.getpid(), orphan_signal),
                )
            except OSError as error:
                raise ChildFailed(
                    f"{name} could not be started: {argv[0]}: {error.strerror}."
                ) from error
        if child._process.stdout is not None and not answers:
            child._pump = asyncio.create_task(child._forward(child._process.stdout))
        child._bounding = asyncio.create_task(child._bound_log())
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    @property
    def returncode(self) -> int | None:
        """The exit code, `None` while it runs."""
        return self._running().returncode

    def tail(self) -> str:
        """Return the last lines of its output."""
        if self._pump is not None:
            return "\n".join(self._lines)
        return "\n".join(self.logged(16384).splitlines()[-TAIL_LINES:])

    def logged(self, at_most: int | None = None) -> str:
        """Return what is in the log since it started, or the last bytes of that."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            start = self._log_start if at_most is None else max(self._log_start, end - at_most)
            log.seek(start)
            return log.read().decode(errors="replace")
        return ""

    async def ask(self, line: str) -> str:
        """Write a line to its stdin and return the first line of its stdout, "" if it ends.

        Raises:
            OSError: it has closed its stdin.
        """
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError(f"{self.name} was started without pipes")
        process.stdin.write(line.encode() + b"\n")
        await process.stdin.drain()
        return (await process.stdout.readline()).decode()

    async def wait(self) -> int:
        """Wait for the end, and for the last of its output."""
        returncode = await self._running().wait()
        if self._bounding is not None:
            self._bounding.cancel()
        if self._pump is not None:
            await asyncio.wait([self._pump], timeout=OUTPUT_GRACE_S)
        return returncode

    async def wait_until(
        self, is_ready: Callable[[], Awaitable[bool]], *, timeout_s: float
    ) -> None:
        """Poll `is_ready` until it says yes.

        Raises:
            ChildFailed: the process ended first, or the time is over.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await is_ready():
                    if self.returncode is not None:
                        raise await self.obituary("before it was ready")
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError:
            raise ChildFailed(
                f"{self.name} was not ready after {timeout_s:g} s; its log is {self.log}."
                + busy(os.getloadavg()[0], os.cpu_count() or 1),
                self.tail(),
            ) from None

    async def obituary(self, when: str = "unexpectedly") -> ChildFailed:
        """Wait for the end and say how it came."""
        code = await self.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return ChildFailed(
            f"{self.name} ended {when} ({how}); its log is {self.log}.", self.tail(), code
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; it passes it on as it likes."""
        with contextlib.suppress(ProcessLookupError):
            self._running().send_signal(number)

    def kill(self) -> None:
        """Kill the whole process group at once."""
        # the group's number is the process's; it stays taken while one member lives
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def stop(self, *, grace_s: float) -> int:
        """Ask it to end, wait that long, then kill what is left of its group; return the code."""
        stdin = self._running().stdin
        if stdin is not None:
            stdin.close()
        self.signal(self._end_signal)
        try:
            async with asyncio.timeout(grace_s):
                await self._running().wait()
        except TimeoutError:
            pass
        finally:
            self.kill()
        return await self.wait()

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process

    async def _bound_log(self) -> None:
        """Begin the log anew whenever it is full."""
        while self.returncode is None:
            await asyncio.sleep(_LOG_LOOK_S)
            if await asyncio.to_thread(turn_over, self.log):
                self._log_start = 0

    async def _forward(self, stdout: asyncio.StreamReader) -> None:
        rest = b""
        with append_private(self.log) as log:
            while data := await stdout.read(65536):
                *lines, rest = (rest + data).split(b"\n")
                self._take(lines, log)
            if rest:
                self._take([rest], log)

    def _take(self, lines: list[bytes], log: IO[bytes]) -> None:
        if self._clean is not None:
            clean = self._clean
            lines = [clean(line.decode(errors="replace")).encode() for line in lines]
        log.writelines(line + b"\n" for line in lines)
        log.flush()
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            self._lines.append(text)
            if self._echo is not None:
                self._echo(self.name, text)


def busy(load: float, processors: int) -> str:
    """Say of a machine that has more to do than it can that this may be why."""
    if load <= _BUSY_LOAD * processors:
        return ""
    return (
        f" The machine is busy (load average {load:.0f} on {processors} processors): try again "
        "when less runs on it."
    )
