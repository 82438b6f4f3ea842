"""The media bridge as what carries the caller's leg, behind the seam of `core.caller_leg`."""
