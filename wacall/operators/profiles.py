"""`wacall profiles`: check, list and show the profiles; nothing has to run for it."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from shared.profiles.faults import NoSuchProfile, ProfilesUnfit
from shared.profiles.folder import DEFAULT, Profiles
from shared.profiles.profile import Profile
from wacall import environment
from wacall.operators.display import clean

_EPILOG = (
    "The folder is PROFILES_DIR's unless another one is given; what is shipped is there as well."
)


def main(argv: list[str]) -> int:
    """Run one of the three; 1 when something is wrong, which is told whole."""
    arguments = _parser().parse_args(argv)
    environ = environment.load()
    folder = arguments.folder or environ.get("PROFILES_DIR")
    default = environ.get("AGENT_PROFILE", DEFAULT)
    profiles = Profiles(Path(folder) if folder else None, default=default)
    try:
        # told here, and not logged as well
        faults = profiles.faults()
        match arguments.what:
            case "check":
                profiles.check()
                lines = [*checked(profiles.all()), *unset(profiles.all(), environ)]
            case "list":
                lines = [*listing(profiles.all()), *map(str, faults)]
            case _:
                lines = shown(profiles.named(arguments.name))
    except (ProfilesUnfit, NoSuchProfile) as error:
        print("\n".join(clean(str(error).split("\n"))), file=sys.stderr)
        return 1
    print("\n".join(clean(line for text in lines for line in text.split("\n"))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wacall profiles", description=__doc__, epilog=_EPILOG)
    parser.add_argument("--folder", metavar="DIR", help="the folder of your profiles")
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("check", help="everything that is wrong, with file, line and field")
    what.add_parser("list", help="each profile with its numbers")
    show = what.add_parser("show", help="one profile with all that it leaves out")
    show.add_argument("name", metavar="NAME")
    return parser


def checked(profiles: Sequence[Profile]) -> Iterator[str]:
    """Say that all is well."""
    many = f"{len(profiles)} profiles" if len(profiles) != 1 else "One profile"
    yield f"{many} can be used: {', '.join(profile.name for profile in profiles)}."


def unset(profiles: Sequence[Profile], environ: Mapping[str, str]) -> Iterator[str]:
    """Tell of variables that profiles name and that are not set here.

    They may be set where the services run, so that this is no fault.
    """
    for profile in profiles:
        named = [
            (f"numbers.{at}.{field}", getattr(line, field))
            for at, line in enumerate(profile.numbers)
            for field in ("access_token", "app_secret")
        ]
        named += [
            (f"actions.{at}.secret", action.secret)
            for at, action in enumerate(profile.actions)
            if action.secret is not None
        ]
        for field, variable in named:
            if not environ.get(variable):
                yield f"Not set here: {variable}, which {profile.name} names in {field}."


def listing(profiles: Sequence[Profile]) -> list[str]:
    """Write a table, a profile a line."""
    rows = [("NAME", "BUSINESS", "LANGUAGES", "NUMBERS")]
    rows += [
        (
            profile.name,
            profile.business,
            ", ".join(profile.languages),
            ", ".join(line.id for line in profile.numbers) or "-",
        )
        for profile in profiles
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def shown(profile: Profile) -> list[str]:
    """Write a profile as its file could be, with every default; below it its prompt."""
    hidden = {"name", "instructions", "opening", "outbound_opening"}
    fields = profile.model_dump(mode="json", exclude=hidden)
    fields["prompt"] = profile.prompt or f"{profile.name}.md"
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)
    return [f"# {profile.name}", text, f"# {fields['prompt']}", profile.instructions]
