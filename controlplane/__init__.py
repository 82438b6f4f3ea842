"""The control plane: WhatsApp calls in and out of a LiveKit SFU."""

__version__ = "0.1.0"
