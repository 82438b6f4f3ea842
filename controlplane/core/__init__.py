"""The rules, pure: no socket, no event loop, no clock, and no neighbour's word."""
