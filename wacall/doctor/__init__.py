"""`wacall doctor`: look at the configuration and at every neighbour, and say what to do."""
