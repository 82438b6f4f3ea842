"""The voice that decodes: livekit-agents between the room's sound and OpenAI's WebSocket."""
