"""The voice agent: a livekit-agents worker that answers WhatsApp calls with OpenAI Realtime."""
