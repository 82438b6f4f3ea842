"""How a client of a neighbour tells what became of its requests."""

from collections.abc import Callable

ObserveRequest = Callable[[str, str, str, float], None]
"""Called after each request: service, action, outcome, seconds."""
