"""Whether a message says STOP: a small grammar and the words of each language. Pure."""
