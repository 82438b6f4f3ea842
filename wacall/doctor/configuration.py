"""What is configured and what is missing: all of it at once, before anything is looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from agents.settings import Settings as AgentSettings
from controlplane.settings import Settings, missing_number
from shared.process.settings import ServiceSettings
from wacall.doctor.findings import Finding, fail, ok, warn
from wacall.environment import LOOPBACK

_Kind = TypeVar("_Kind", bound=ServiceSettings)
# what `wacall up` brings along if the first of them is empty, and what stands for it meanwhile
_LIVEKIT = {
    "LIVEKIT_URL": "ws://127.0.0.1:1", "LIVEKIT_API_KEY": "none", "LIVEKIT_API_SECRET": "none",
}  # fmt: skip
_DATABASE = {"SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_SECRET_KEY": "none"}
_BROUGHT = {"LiveKit": _LIVEKIT, "database": _DATABASE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What can be looked at."""

    findings: tuple[Finding, ...]
    settings: Settings | None
    agent: AgentSettings | None
    has_livekit: bool
    has_database: bool


def is_metas_own(url: str) -> bool:
    """Whether a Graph URL is Meta's, and so the callers are people."""
    host = urlsplit(url).hostname or ""
    return host == "facebook.com" or host.endswith(".facebook.com")


def read(environ: Mapping[str, str]) -> Configuration:
    """Read both services' settings; parts that `wacall up` would bring count as not there yet."""
    filled = {name: value for name, value in environ.items() if value.strip()}
    absent = [name for name, values in _BROUGHT.items() if next(iter(values)) not in filled]
    for name in absent:
        filled |= _BROUGHT[name]
    missing = _missing(filled)
    findings = []
    if missing:
        findings.append(
            fail(
                "settings",
                f"Not set: {', '.join(missing)}.",
                "Put them into .env; .env.example says where each of them is found.",
            )
        )
    settings = _read(Settings, "control plane", filled, missing, findings)
    # the stack brings a bridge where none is named
    with_bridge = {"BRIDGE_URL": f"http://{LOOPBACK}", **filled}
    agent = _read(AgentSettings, "agent", with_bridge, missing, findings)
    if absent:
        urls = " and ".join(next(iter(_BROUGHT[name])) for name in absent)
        are = "are" if absent[1:] else "is"
        findings.append(
            fail(
                "settings",
                f"{urls} {are} empty and no `wacall up` runs here: there is no "
                f"{' and no '.join(absent)} to look at yet.",
                "Start `wacall up` first; its own parts are looked at while it runs. Or set "
                f"{urls} to your own.",
            )
        )
    if settings is not None and settings.controlplane_api_key is None:
        findings.append(
            warn(
                "settings",
                "The operator routes are off.",
                "Set CONTROLPLANE_API_KEY to list calls and to hang up; with it the doctor can "
                "ask the running control plane what it refused.",
            )
        )
    return Configuration(
        findings=tuple(findings),
        settings=settings,
        agent=agent,
        has_livekit="LiveKit" not in absent,
        has_database="database" not in absent,
    )


def _read(
    kind: type[_Kind],
    whose: str,
    filled: Mapping[str, str],
    missing: list[str],
    findings: list[Finding],
) -> _Kind | None:
    try:
        read = kind.from_env(filled)
    except ValueError as error:
        if not any(name in str(error) for name in missing):
            findings.append(fail("settings", f"The {whose}: {error}", "Correct it in .env."))
        return None
    findings.append(ok("settings", f"The {whose}'s settings are complete."))
    return read


def _missing(filled: Mapping[str, str]) -> list[str]:
    """Name what neither service can do without: Meta's first, the way a person sets things up."""
    names = dict.fromkeys([*_required(Settings), *_required(AgentSettings)])
    known = set(filled)
    if "SUPABASE_SERVICE_ROLE_KEY" in known:
        known.add("SUPABASE_SECRET_KEY")
    missing = [name for name in names if name not in known]
    missing += missing_number(filled)
    if "OPENAI_API_KEY" not in known and "OPENAI_BASE_URL" not in known:
        missing.append("OPENAI_API_KEY")
    return sorted(missing, key=lambda name: (not name.startswith("WA_"), name))


def _required(kind: type[ServiceSettings]) -> Iterator[str]:
    for field in kind.model_fields.values():
        if field.is_required() and field.alias:
            yield field.alias
