"""The database from the operator's side: migrate it, check it, purge what has expired."""
