"""`wacall`: one program; each command is a module, imported when it is asked for."""

import importlib
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from wacall import environment


class Command(NamedTuple):
    """One command: what it does and which module's `main(argv)` does it."""

    what: str
    module: str


COMMANDS: Mapping[str, Command] = {
    "up": Command("run the stack in the foreground", "wacall.stack.up"),
    "demo": Command("start everything, place real calls, tell what happens", "wacall.demo.demo"),
    "call": Command(
        "place an outbound call through a running control plane", "wacall.operators.call"
    ),
    "consent": Command(
        "ask for permission to call; list, import, withdraw, erase", "wacall.operators.consent"
    ),
    "database": Command("migrate, check or purge the database", "wacall.database.command"),
    "doctor": Command("check the configuration and every neighbour", "wacall.doctor.examine"),
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


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; 2 for a command that does not exist."""
    args = sys.argv[1:] if argv is None else argv
    name, rest = (args[0], args[1:]) if args else ("", [])
    if name in ("", "-h", "--help", "help"):
        print(usage())
        return 0 if name else 2
    if name in SERVICES:
        return _replace_by(SERVICES[name].module, rest)
    if name == "simulate":
        name, rest = (rest[0], rest[1:]) if rest else ("", [])
        command = SIMULATORS.get(name)
    else:
        command = COMMANDS.get(name)
    if command is None:
        print(f"wacall knows no such command.\n\n{usage()}", file=sys.stderr)
        return 2
    os.environ.update(environment.with_tools(os.environ))
    try:
        code: int = importlib.import_module(command.module).main(rest)
    except KeyboardInterrupt:
        return 130
    return code


def usage() -> str:
    """List the commands."""
    rows = [(name, command.what) for name, command in {**COMMANDS, **SERVICES}.items()]
    rows += [(f"simulate {name}", command.what) for name, command in SIMULATORS.items()]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {what}" for name, what in rows]
    return "\n".join(["usage: wacall COMMAND [--help]", "", *lines])


def _replace_by(module: str, rest: list[str]) -> int:
    if rest:
        print(f"`python -m {module}` takes no arguments; set it up by .env.", file=sys.stderr)
        return 2
    values = environment.load()
    os.execve(sys.executable, [sys.executable, "-m", module], values)


if __name__ == "__main__":
    sys.exit(main())
