"""A WhatsApp phone's media: an ICE-lite WebRTC end that speaks, hears and counts packets."""
