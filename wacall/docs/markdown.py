"""Tables of Markdown."""

from collections.abc import Iterable

GENERATED = "<!-- Written by `make docs`; a test holds it equal to the code. -->"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table; a bar within a cell is escaped."""
    lines = [list(heads)]
    lines += [
        ["---"] * len(lines[0]),
        *([cell.replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
