"""`wacall callers`: scripted callers talk with the agent, and the database is looked at."""
