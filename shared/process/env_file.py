"""Files in the format of `.env`: read the same way by every program, errors as sentences."""

from pathlib import Path

from dotenv import dotenv_values


class EnvFileUnreadable(ValueError):
    """The file cannot be used; the sentence names it and says what to do."""


def read_env_file(file: str | Path) -> dict[str, str]:
    """Read variables as they are written, without interpolation; empty ones are left out.

    Raises:
        EnvFileUnreadable: it is no text in UTF-8, or cannot be read.
    """
    name = Path(file).name
    try:
        # some editors begin a file with a mark of its encoding
        with open(file, encoding="utf-8-sig") as stream:
            written = dotenv_values(stream=stream, interpolate=False)
    except UnicodeDecodeError:
        raise EnvFileUnreadable(
            f"{name} is not UTF-8: save it with that encoding, or write umlauts and the like "
            "without them."
        ) from None
    except OSError as error:
        raise EnvFileUnreadable(f"{name} cannot be read: {error.strerror}.") from None
    found = {variable: value for variable, value in written.items() if value}
    for variable, value in found.items():
        if "\x00" in value or "\x00" in variable:
            raise EnvFileUnreadable(f"{name} holds a NUL character; no variable can have one.")
    return found
