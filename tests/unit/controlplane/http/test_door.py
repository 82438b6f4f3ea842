"""The door: whom it blames when it cannot be opened."""

import errno
import os
import socket

import pytest

from controlplane.http.door import why_not_served


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "HOST is nowhere"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "HOST is nowhere"),
        (OSError(errno.EADDRINUSE, "in use"), "set PORT to another"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), "set HOST or PORT"),
    ],
)
def test_the_right_variable_is_named(error: OSError, blamed: str) -> None:
    """An address that is none is no port that is taken."""
    assert blamed in why_not_served(error, "nowhere", 80)
