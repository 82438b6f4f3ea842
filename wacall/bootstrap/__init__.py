"""The set-up of a fresh clone; standard library only, run by the system's Python."""
