"""The set-up: from a fresh clone to a `.venv/bin/wacall` that can run everything.

Standard library only; the Makefile runs it with the system's `python3`. This file stays readable
for old interpreters, so that they can say what is missing.
"""

import os
import shutil
import sys

WANTED = (3, 11)
CANDIDATES = ["python3.%d" % minor for minor in range(15, 10, -1)]  # noqa: UP031 - old interpreters


def _find_python():
    # type: () -> str | None
    """Return a newer interpreter on PATH."""
    for name in CANDIDATES:
        path = shutil.which(name)
        if path is not None:
            return path
    return None


def main():
    # type: () -> int
    """Run the set-up; with an old interpreter, hand over to a newer one or say what to do."""
    if sys.version_info < WANTED:
        newer = _find_python()
        if newer is not None:
            os.execv(newer, [newer, "-m", "wacall.bootstrap", *sys.argv[1:]])
        sys.stderr.write(
            "Python 3.11 or newer is needed, and python3 is %d.%d: install one "  # noqa: UP031
            "(for example `apt-get install python3.11 python3.11-venv`) and run make again, "
            "or name it: make PYTHON=/path/to/python3.11\n" % sys.version_info[:2]
        )
        return 1
    from wacall.bootstrap.parts import set_up

    wanted = sys.argv[1:]
    return set_up(with_browser="browser" in wanted, with_prometheus="prometheus" in wanted)


if __name__ == "__main__":
    sys.exit(main())
