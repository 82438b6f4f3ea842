"""A YAML file as plain data, with the line that each part stands in.

Of YAML what JSON has, by the words of YAML 1.2's core schema: `no` is Norwegian and `09:00` a time
of day, not `false` and 540. A name that stands twice, of which a parser would silently take the
last, is an error.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]

# What an anchor that is used often enough would make of a small file.
_MAX_PARTS = 20_000
_PREFIX = "tag:yaml.org,2002:"
_KINDS = {f"{_PREFIX}{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null")}
# what YAML 1.1 makes of a word that 1.2 takes for a text
_OLD_KINDS = {f"{_PREFIX}timestamp", f"{_PREFIX}value"}
_CONSTANTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


class NotYaml(ValueError):
    """The text is no YAML that we read."""

    def __init__(self, message: str, line: int | None) -> None:
        """Take half a sentence, and the line from 1."""
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where."""

    data: dict[str, Any]
    lines: Mapping[Path, int]
    """From 1; of a field the line of its name."""

    def line_of(self, path: Path) -> int:
        """The line of a part, or of the nearest one that it would stand in."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(text: str) -> Document:
    """Read a YAML file of one mapping.

    Raises:
        NotYaml: what is wrong, and the line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(str(error.problem or error.context).split())
        raise NotYaml(f"it is not YAML: {said}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError:
        raise NotYaml("it is not YAML: it has characters that no text has", None) from None
    except RecursionError:
        raise NotYaml("its parts stand too deep in each other", None) from None
    if not isinstance(root, yaml.MappingNode):
        raise NotYaml("it must be fields, `name: value`", 1)
    building = _Building()
    data = building.build(root, ())
    return Document(data, building.lines)


class _Building:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._parts = 0
        self._around: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> Any:
        self._parts += 1
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if node.tag not in _KINDS | _OLD_KINDS:
            raise NotYaml(f"{node.tag} is no kind of value that is known here", line)
        if node in self._around or self._parts > _MAX_PARTS or len(path) > 50:
            raise NotYaml("it has too many parts, or one that contains itself", line)
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(one, (*path, at)) for at, one in enumerate(node.value)]
            return _scalar(node)
        finally:
            self._around.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or not key.value:
                raise NotYaml("a field's name must be a word", line)
            name = str(key.value)
            if name in data:
                raise NotYaml(f"`{name}` stands there twice", line)
            self.lines[(*path, name)] = line
            data[name] = self.build(value, (*path, name))
        return data


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    # quoted, or a block: a text whatever it looks like
    if getattr(node, "style", None) is not None:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if re.fullmatch(r"[-+]?[0-9]{1,100}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?", text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
