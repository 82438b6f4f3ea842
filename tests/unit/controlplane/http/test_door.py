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


def test_each_port_has_its_own_variables() -> None:
    """Whoever set OPERATOR_PORT is not told of PORT."""
    taken = OSError(errno.EADDRINUSE, "in use")
    assert "set OPERATOR_PORT to another" in why_not_served(taken, "h", 80, of="OPERATOR_")
    nowhere = OSError(errno.EADDRNOTAVAIL, "Cannot assign")
    assert why_not_served(nowhere, "h", 80, of="OPERATOR_").startswith("OPERATOR_HOST is h")
