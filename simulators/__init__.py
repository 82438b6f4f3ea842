"""Strict stand-ins for the outside world, over real sockets: WhatsApp, a phone, OpenAI."""
