"""The logs of `wacall up`'s processes, bounded: a full one becomes the older one, and is emptied.

    controlplane.log      what is written to
    controlplane.log.1    what was there before; the next full one takes its place

The processes hold their log open, some of them the kernel's end of it, and cannot be told to open
another one. So it is copied and cut off where it lies; all of them append, so they go on at the new
end. What is written in the moment between the two is lost.
"""

import shutil
from pathlib import Path

from wacall.environment import open_private

LONGEST = 10_000_000
"""Bytes of one file; each process has two at most."""


def older(log: Path) -> Path:
    """Name the one with what was there before."""
    return log.with_name(f"{log.name}.1")


def turn_over(log: Path, *, longest: int = LONGEST) -> bool:
    """Begin a full log anew; `False` if it is not full, or there is none."""
    try:
        if log.stat().st_size <= longest:
            return False
        with log.open("r+b") as full:
            with open(older(log), "wb", opener=open_private) as kept:
                shutil.copyfileobj(full, kept, 1 << 20)
            full.truncate(0)
    except OSError:
        # a disk that is full of logs must not end the process that writes them
        return False
    return True
