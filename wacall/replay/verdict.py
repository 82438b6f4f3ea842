"""Whether a call went again as it had gone: the first thing that differs, and the others. Pure."""

from collections.abc import Iterator

from wacall.replay.bundle import BundledCall


def differences(was: BundledCall, now: BundledCall) -> list[str]:
    """Return what differs, as sentences, the weightiest first; nothing: the calls went alike.

    Times differ from machine to machine, and what LiveKit and the agent tell may come in another
    order: neither is compared.
    """
    return list(_differ(was, now))


def _differ(was: BundledCall, now: BundledCall) -> Iterator[str]:
    for what, before, after in (
        ("It ended as", f"{was.status} ({was.end_reason})", f"{now.status} ({now.end_reason})"),
        ("The end is on the side of", was.whose or "nobody", now.whose or "nobody"),
        ("It was", _answered(was), _answered(now)),
    ):
        if before != after:
            yield f"{what} {after}; in the bundle: {before}."
    stages, now_stages = _stages(was), _stages(now)
    if missing := [name for name in stages if name not in now_stages]:
        yield f"The set-up lacks: {', '.join(missing)}."
    if new := [name for name in now_stages if name not in stages]:
        yield f"The set-up has what it had not: {', '.join(new)}."
    told, now_told = _told(was), _told(now)
    if told != now_told:
        yield (
            f"Meta told {', '.join(now_told) or 'nothing'}; in the bundle: "
            f"{', '.join(told) or 'nothing'}."
        )


def _answered(call: BundledCall) -> str:
    return "answered" if call.answered_at is not None else "not answered"


def _stages(call: BundledCall) -> list[str]:
    ordered = sorted(call.timings_ms.items(), key=lambda item: item[1])
    return [name.removesuffix("_ms") for name, _ in ordered]


def _told(call: BundledCall) -> list[str]:
    """Return Meta's events in the order in which they came."""
    events = [event for event in call.timeline if event.source == "meta"]
    return [event.kind for event in sorted(events, key=lambda event: event.at)]
