"""One step of the set-up: skipped when nothing changed, shown while it runs, explained if it fails.

Standard library only.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

TAIL_LINES = 15
# without a terminal the line cannot be redrawn: say now and then that something still happens
QUIET_INTERVAL_S = 15.0
TERMINAL_INTERVAL_S = 0.2


class StepFailed(Exception):
    """A step failed; the text says in a sentence what to do, `tail` is the end of its log."""

    def __init__(self, advice: str, tail: str = "") -> None:
        super().__init__(advice)
        self.tail = tail


def fingerprint(*parts: str | Path) -> str:
    """Hash texts and the contents of files into one stamp."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@dataclass
class Progress:
    """The line on the screen that belongs to one step."""

    name: str
    what: str
    out: TextIO = field(default_factory=lambda: sys.stdout)
    started: float = field(default_factory=time.monotonic)
    detail: str = ""
    _shown_at: float = 0.0

    def begin(self) -> None:
        """Announce the step."""
        if not self.out.isatty():
            print(f"{self.name}: {self.what}", file=self.out, flush=True)
        self._shown_at = time.monotonic()

    def tick(self) -> None:
        """Redraw the elapsed seconds, or every now and then add a line without a terminal."""
        now = time.monotonic()
        on_terminal = self.out.isatty()
        if now - self._shown_at < (TERMINAL_INTERVAL_S if on_terminal else QUIET_INTERVAL_S):
            return
        self._shown_at = now
        start, end = ("\r\033[K", "") if on_terminal else ("", "\n")
        print(f"{start}{self._line('...')}", end=end, file=self.out, flush=True)

    def end(self, word: str = "done") -> None:
        """Write the last line of the step."""
        start = "\r\033[K" if self.out.isatty() else ""
        print(f"{start}{self._line(word)}", file=self.out, flush=True)

    def _line(self, word: str) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        text = f"{self.name}: {self.what}{detail} {word} {time.monotonic() - self.started:.0f} s"
        if self.out.isatty():
            # a line that wraps cannot be redrawn
            return text[: os.get_terminal_size(self.out.fileno()).columns - 1]
        return text


@dataclass(kw_only=True)
class Step:
    """What to do, when it is already done, and what to tell people."""

    name: str
    what: str
    advice: str
    """What to do when it fails, as a sentence."""
    stamp: Path
    """Holds the fingerprint of the inputs that the present result was made from."""
    outputs: Sequence[Path] = ()
    """Files without which the step is not done, whatever the stamp says."""
    log: Path
    count: Callable[[str], str] = lambda text: ""
    """Reads progress out of the new part of the log, for example `12 of 124 packages`."""
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(self.name, self.what)

    def run_if_stale(self, inputs: str, work: Callable[["Step"], None]) -> bool:
        """Do the work unless the stamp matches `inputs`; return whether there was work.

        Raises:
            StepFailed: with what to do about it.
        """
        is_fresh = self.stamp.is_file() and self.stamp.read_text() == inputs
        if is_fresh and all(output.exists() for output in self.outputs):
            return False
        self.stamp.unlink(missing_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self.progress.begin()
        try:
            work(self)
        except BaseException:
            self.progress.end("failed after")
            raise
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(inputs)
        self.progress.end("done in")
        return True

    def command(
        self, *argv: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        """Run one command into the step's log while the seconds tick.

        Raises:
            StepFailed: it cannot be started or exits with something else than 0.
        """
        args = [os.fspath(part) for part in argv]
        with self.log.open("ab") as sink:
            sink.write(f"$ {' '.join(args)}\n".encode())
            sink.flush()
            try:
                process = subprocess.Popen(
                    args, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=env, cwd=cwd
                )
            except OSError as error:
                raise self.failure(f"{args[0]} could not be started: {error.strerror}.") from error
        try:
            with self.log.open(errors="replace") as log:
                while True:
                    try:
                        status = process.wait(TERMINAL_INTERVAL_S)
                    except subprocess.TimeoutExpired:
                        status = None
                    text = log.read()
                    self.progress.detail = self.count(text) or self.progress.detail
                    if status is not None:
                        break
                    self.progress.tick()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if status != 0:
            raise self.failure()

    def failure(self, cause: str = "") -> StepFailed:
        """Make the error of this step: cause, advice, and the end of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        sentence = f"{cause} {self.advice}".strip()
        return StepFailed(f"{sentence} (log: {self.log})", "\n".join(lines[-TAIL_LINES:]))
