"""After the call: what was said is read once more, and what was promised is kept."""
