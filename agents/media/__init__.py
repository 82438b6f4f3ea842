"""What carries the spoken conversation; it can be swapped whole, at the seam `voice.Voice`."""
