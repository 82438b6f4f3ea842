"""`wacall demo`: simulated calls through a real stack, told while they happen and then checked."""
