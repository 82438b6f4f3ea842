"""docs/codes.md: what Meta's error codes mean here."""

from collections.abc import Iterator

from controlplane.meta.code_table import TABLE, UNLISTED
from controlplane.meta.codes import MetaCode, Scope
from wacall.docs.markdown import GENERATED, table

_HEAD = f"""{GENERATED}
# Meta's codes

What Graph may refuse with, and what Meta's webhooks may tell of a call or a message that failed.
The name is what our API answers as `code`, what metrics call the outcome, and what a call's
timeline has; the timeline also keeps Meta's own number and words.

Side: who has to act. `wacall` is this program: report it. `meta` is Meta, or time alone.

A pause is for the person, or for the line as a whole: no call is placed before it is over, and
while it is for a rate nobody is asked for a permission either. Such a pause lasts as long as Meta
asks for (`Retry-After`, `X-Business-Use-Case-Usage`), at most a day; the time here is for answers
that do not say. What Meta refuses with HTTP 429 and a code that is
not listed is `graph-rate-limited`, with HTTP 5xx `graph-server-fault`.

"""


def codes_page() -> str:
    """Write the page."""
    entries = (*TABLE, UNLISTED)
    rows = (
        (_numbers(entry), f"`{entry.slug}`", entry.side.value, entry.advice, _pause(entry))
        for entry in entries
    )
    return _HEAD + table(["Meta", "name", "side", "meaning, and what to do", "pause"], rows)


def _numbers(entry: MetaCode) -> str:
    return ", ".join(_ranges(sorted(entry.numbers))) or "others"


def _ranges(numbers: list[int]) -> Iterator[str]:
    """Write neighbours as one: 200 to 299."""
    start = 0
    for index, number in enumerate(numbers):
        if index + 1 < len(numbers) and numbers[index + 1] == number + 1:
            continue
        first = numbers[start]
        if index - start > 1:
            yield f"{first} to {number}"
        else:
            yield from map(str, numbers[start : index + 1])
        start = index + 1


def _pause(entry: MetaCode) -> str:
    if entry.pause is None:
        return ""
    seconds = entry.pause.wait.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            length = f"{seconds / size:g} {unit}"
            break
    else:
        length = f"{seconds:g} s"
    whom = "line" if entry.pause.scope is Scope.LINE else "person"
    return f"{whom}, {'as asked, else ' if entry.pause.is_rate else ''}{length}"
