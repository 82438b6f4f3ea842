"""How a call's two sides are named on the hop: constants, so that no replica has to keep them."""

LIVEKIT_TAG = "lk"
WHATSAPP_TAG = "wa"
"""The phone's side."""
