"""A whole stack with simulated neighbours, for commands that have calls made on it."""
