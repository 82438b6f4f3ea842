"""Profiles: what each line of a business is for, who answers it, and where that is read."""
