"""How a client of a neighbour tells what became of its requests."""

from collections.abc import Callable

ObserveRequest = Callable[[str, str, str, float], None]
"""Called after each request, a repeated one included: service, action, outcome, seconds.

All but the seconds become labels of a metric: words of ours, nothing of a call or a person.
"""
