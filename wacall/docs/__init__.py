"""`make docs`: the pages of `docs/` that are written by the code itself."""
