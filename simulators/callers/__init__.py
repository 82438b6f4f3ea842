"""Callers by script: what each says and does, and what must stand in the database afterwards."""
