"""What lets any livekit-agents program take WhatsApp calls; imports nothing else of wacall."""
