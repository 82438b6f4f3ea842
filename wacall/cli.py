"""`wacall`: one program; each command is a module, imported when it is asked for."""

import difflib
import importlib
import importlib.metadata
import importlib.util
import os
import signal
import sys
from collections.abc import Mapping
from typing import NamedTuple

from shared.process.env_file import EnvFileUnreadable
from wacall import environment


class Command(NamedTuple):
    """One command: what it does and which module's `main(argv)` does it."""

    what: str
    module: str


COMMANDS: Mapping[str, Command] = {
    "up": Command("run the stack in the foreground", "wacall.stack.up"),
    "try": Command(
        "talk with the agent in the browser: a whole stack, and a simulated WhatsApp",
        "wacall.stack.trial",
    ),
    "demo": Command(
        "make a call each way with a simulated Meta and phone, and check it", "wacall.demo.demo"
    ),
    "callers": Command(
        "ten scripted callers talk with the agent; what the database holds of them is judged",
        "wacall.callers.callers",
    ),
    "call": Command(
        "place an outbound call through a running control plane", "wacall.operators.call"
    ),
    "calls": Command("list calls, newest first", "wacall.operators.calls"),
    "inspect": Command(
        "show one call: its row, its timeline, what was said", "wacall.operators.inspection"
    ),
    "rooms": Command("show live rooms, and who is in them", "wacall.operators.rooms"),
    "logs": Command(
        "what all processes have logged of one call, in order", "wacall.operators.logs"
    ),
    "export": Command(
        "write one call into a file that may be handed on", "wacall.operators.export"
    ),
    "replay": Command(
        "run an exported call again, against simulators, and compare", "wacall.replay.replay"
    ),
    "listen": Command("hear one call: a token that can only listen", "wacall.operators.listening"),
    "follow-ups": Command(
        "what was agreed for later: list, done, cancel", "wacall.operators.follow_ups"
    ),
    "consent": Command(
        "ask for permission to call; list, import, withdraw, erase", "wacall.operators.consent"
    ),
    "profiles": Command("check, list or show who answers each line", "wacall.operators.profiles"),
    "database": Command("migrate, check or purge the database", "wacall.database.command"),
    "doctor": Command("check the configuration and every neighbour", "wacall.doctor.examine"),
    "probe": Command("ask the real OpenAI what only it can tell", "wacall.probe.command"),
    "bench": Command("measure set-up times and what a call costs", "wacall.bench.bench"),
}
# run alone, as a container does: the process itself is replaced
SERVICES: Mapping[str, Command] = {
    "controlplane": Command("run the control plane alone", "controlplane"),
    "agent": Command("run one agent worker alone", "agents"),
}
SIMULATORS: Mapping[str, Command] = {
    "whatsapp": Command("simulate Meta's Graph API and a phone", "simulators.meta.cli"),
    "openai": Command("simulate OpenAI's Realtime API", "simulators.openai.cli"),
}
_ALL: Mapping[str, Command] = {
    **COMMANDS,
    **SERVICES,
    **{f"simulate {name}": command for name, command in SIMULATORS.items()},
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for one that does not exist, or not here."""
    try:
        code = _main(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever reads has enough, as in `wacall calls | head`: nothing more may be written, at
        # the interpreter's end neither (docs.python.org, library/signal, "Note on SIGPIPE")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def _main(args: list[str]) -> int:
    name, rest = (args[0], args[1:]) if args else ("", [])
    if name in ("", "-h", "--help", "help"):
        print(usage())
        return 0 if name else 2
    if name == "--version":
        print(f"wacall {importlib.metadata.version('wacall')}")
        return 0
    if name == "simulate":
        if not rest or rest[0] not in (*SIMULATORS, "-h", "--help"):
            asked = f"`{rest[0]}` is no simulator. " if rest else ""
            print(f"{asked}Simulate what? {_choices()}.", file=sys.stderr)
            return 2
        if rest[0] not in SIMULATORS:
            print(f"usage: wacall simulate SIMULATOR [--help]\n\n{_choices()}.")
            return 0
        name, rest = f"simulate {rest[0]}", rest[1:]
    command = _ALL.get(name)
    if command is None:
        print(f"{_unknown(name)}\n\n{usage()}", file=sys.stderr)
        return 2
    if not _is_here(command):
        print(
            f"`wacall {name}` belongs to a checkout of wacall, and this is none.", file=sys.stderr
        )
        return 2
    # databases, logs, recordings, results: what a command writes is its user's alone
    os.umask(0o077)
    try:
        return _run(name, command, rest)
    except EnvFileUnreadable as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(name: str, command: Command, rest: list[str]) -> int:
    if name in SERVICES:
        return _replace_by(name, rest)
    if name.startswith("simulate "):
        # the simulators know nothing of this product, and of its .env
        os.environ.update(environment.load())
    os.environ.update(environment.with_tools(os.environ))
    code: int = importlib.import_module(command.module).main(rest)
    return code


def _unknown(name: str) -> str:
    known = [one for one, command in _ALL.items() if _is_here(command)]
    near = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean `wacall {near[0]}`?" if near else ""
    return f"`wacall {name}` is no command.{meant}"


def _choices() -> str:
    return ", or ".join(
        f"`wacall simulate {name}` ({one.what})" for name, one in SIMULATORS.items()
    )


def usage() -> str:
    """List the commands that can run here: an image or a wheel does not hold them all."""
    rows = [(name, command.what) for name, command in _ALL.items() if _is_here(command)]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {what}" for name, what in rows]
    return "\n".join(["usage: wacall COMMAND [--help], or wacall --version", "", *lines])


def _is_here(command: Command) -> bool:
    try:
        return importlib.util.find_spec(command.module) is not None
    except ModuleNotFoundError:
        # a folder on the way to it
        return False


def _replace_by(name: str, rest: list[str]) -> int:
    command = SERVICES[name]
    if rest in (["-h"], ["--help"]):
        print(f"usage: wacall {name}\n\n{command.what}; .env and the environment set it up")
        return 0
    if rest:
        print(f"`wacall {name}` takes no arguments; set it up by .env.", file=sys.stderr)
        return 2
    values = environment.load()
    os.execve(sys.executable, [sys.executable, "-m", command.module], values)


if __name__ == "__main__":
    sys.exit(main())
