"""LiveKit: rooms and tokens, the WHIP endpoint, webhooks."""
