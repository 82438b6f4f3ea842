"""The command line, the launchers and the set-up of the stack."""
