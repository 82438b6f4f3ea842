"""The routes: Meta's and LiveKit's webhooks, the operators', the probes."""
