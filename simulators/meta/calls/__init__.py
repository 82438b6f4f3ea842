"""A call as Meta has it, from either side, with a phone at its end."""
