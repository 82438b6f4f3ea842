"""`wacall up`: the processes of a whole stack on one machine, and what keeps them running."""
