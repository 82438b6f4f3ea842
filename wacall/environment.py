"""What is configured: the real environment over `.env`, and what children are given of it."""

import os
import socket
import stat
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from shared.process.env_file import read_env_file

LOOPBACK = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parent.parent
# where the set-up puts the programs that the machine did not have
TOOLS = REPOSITORY / ".cache" / "bin"
# where `wacall up` keeps what it runs, under the working directory
DATA_DIR = Path(".wacall")
# what a running stack writes there: its own addresses and keys
STACK_FILE = "stack.env"


def load(directory: Path | None = None) -> dict[str, str]:
    """Read the environment and `.env` in `directory` (default: the working directory).

    Real variables win. An empty variable counts as not set, so that `NAME=` in a copied
    `.env.example` means nothing.

    Raises:
        EnvFileUnreadable: the sentence names the file.
    """
    file = (directory or Path.cwd()) / ".env"
    merged = read_env_file(file) if file.is_file() else {}
    merged.update((name, value) for name, value in os.environ.items() if value)
    return with_tools(merged)


def load_running(directory: Path | None = None) -> dict[str, str]:
    """Like `load`, and what is configured nowhere is the stack's that `wacall up` runs here."""
    file = (directory or Path.cwd()) / DATA_DIR / STACK_FILE
    running = read_env_file(file) if file.is_file() else {}
    return {**running, **load(directory)}


def load_for_operators(directory: Path | None = None) -> dict[str, str]:
    """Like `load`, but what the stack that runs here was given goes before what `.env` says.

    A command beside `wacall try` is meant for that stack, whatever real control plane `.env` names;
    who means another one says so in the environment.
    """
    folder = directory or Path.cwd()
    file = folder / DATA_DIR / STACK_FILE
    running = read_env_file(file) if file.is_file() else {}
    given = {name: value for name, value in os.environ.items() if value}
    return {**load(directory), **running, **given}


def with_tools(environment: Mapping[str, str]) -> dict[str, str]:
    """Put the programs of the set-up first on PATH."""
    parts = [part for part in environment.get("PATH", os.defpath).split(os.pathsep) if part]
    tools = os.fspath(TOOLS)
    if tools not in parts:
        parts.insert(0, tools)
    return {**environment, "PATH": os.pathsep.join(parts)}


def port_of(environment: Mapping[str, str], name: str, default: int) -> int:
    """Read a port; 0 means any free one.

    Raises:
        ValueError: a sentence that names the variable.
    """
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"{name} is malformed: a port is a number from 0 to 65535.")
    return int(text)


def ip_of(environment: Mapping[str, str], name: str) -> str | None:
    """Read an IP address; `None` if it is not set.

    Raises:
        ValueError: a sentence that names the variable.
    """
    text = environment.get(name)
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(
            f"{name} is malformed: it must be an IP address, such as 203.0.113.7."
        ) from None


def is_free(port: int, *, udp: bool = False) -> bool:
    """Whether a port can be bound on the loopback address now."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if not udp:
            # as servers do: a connection in TIME_WAIT does not take the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(*, udp: bool = False) -> int:
    """Return a port that is free at this moment: of UDP on every address, else on loopback."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        # media servers listen on all of the machine's addresses, whatever they announce
        probe.bind(("" if udp else "127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can look into, and return it.

    One that is there and that others can look into is closed to them if it is one of ours by its
    name or by the place: an operator's own (`--data-dir`) stays as it is.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    is_ours = DATA_DIR.name in (path.name, path.parent.name, path.parent.parent.name)
    if is_ours and path not in missing and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o700)
    return path


def open_private(path: str | Path, flags: int) -> int:
    """Open a file as `open(..., opener=open_private)`: a new one is its owner's alone."""
    return os.open(path, flags, 0o600)


def append_private(path: Path) -> IO[bytes]:
    """Open a log to write at its end; a new one is its owner's alone."""
    return open(path, "ab", opener=open_private)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def to_env_file(values: Mapping[str, str]) -> str:
    """Write variables in the format of `.env`, quoted so that a shell can read them too."""
    return "".join(
        f"{name}='{value.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'\n"
        for name, value in sorted(values.items())
    )
