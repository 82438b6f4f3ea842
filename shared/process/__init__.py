"""The manners of a process: settings, logs, background work."""
