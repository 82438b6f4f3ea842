"""Who has WhatsApp: persons, their permissions, and what they do when a call comes."""
