"""The Graph API's routes, and the faults that can be ordered from it."""
