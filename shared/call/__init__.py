"""The nouns of a call and the words on the wire between control plane and worker; pure."""
