"""One process at a time in a place: a lock on a file of its own, which goes with the process."""

import fcntl
from pathlib import Path
from typing import IO

from wacall.environment import append_private


def try_lock(path: Path) -> IO[bytes] | None:
    """Hold a file until what is returned is closed; `None` if another process holds it.

    Whoever may share a directory with others takes a name of its own in it.
    """
    lock = append_private(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    except OSError:
        lock.close()
        raise
    return lock
