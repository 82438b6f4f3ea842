"""Session descriptions: read line by line, changed as little as possible; pure."""
