"""docs/settings.md knows every variable, and what it is for."""

import ast
import re
from collections.abc import Iterator

import pytest

from agents.settings import Settings as AgentSettings
from controlplane.settings import Settings as ControlplaneSettings
from tests.paths import ROOT
from wacall.bootstrap.go_programs import BRIDGE_SOURCE
from wacall.docs.settings import OTHERS, Variable, variables_of

SERVICES = [*variables_of(ControlplaneSettings), *variables_of(AgentSettings)]
# what reads the environment besides the two services, and ships to operators
READERS = ("stack", "operators", "database", "doctor", "environment.py", "cli.py")


def names_read() -> Iterator[str]:
    """Each variable that the commands read: an upper-case word looked up or handed to a reader.

    And each that the media bridge reads, which `wacall up` or an operator starts.
    """
    yield from re.findall(r'\bor\("(\w+)"', (BRIDGE_SOURCE / "main.go").read_text("utf-8"))
    for reader in READERS:
        path = ROOT / "wacall" / reader
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if "node_modules" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                match node:
                    case ast.Call():
                        parts: list[ast.expr] = node.args
                    case ast.Subscript(slice=part):
                        parts = [part]
                    case _:
                        continue
                for part in parts:
                    match part:
                        case ast.Constant(value=str(word)) if re.fullmatch(
                            r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", word
                        ):
                            yield word


@pytest.mark.parametrize("variable", [*SERVICES, *OTHERS], ids=lambda variable: variable.name)
def test_each_variable_has_a_meaning(variable: Variable) -> None:
    """A sentence, and a format that says more than nothing."""
    assert re.fullmatch(r"\S.{9,}[.;`]", variable.meaning), variable.meaning
    assert variable.format


def test_the_commands_variables_are_those_that_the_commands_read() -> None:
    """Both ways: none is listed that nobody reads, and none is read that is not listed."""
    of_the_services = {variable.name for variable in SERVICES}
    # sshd(8) sets it, nobody configures it
    read = {name for name in names_read() if not name.startswith("WACALL_")} - {"SSH_CONNECTION"}
    listed = {variable.name for variable in OTHERS}
    assert read - of_the_services == listed
    assert not listed & of_the_services
