"""`wacall probe`: what only the real neighbour can tell; nothing here serves calls."""
